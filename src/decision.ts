import { messageOf } from './errors.ts'
import type { DecisionEvent, DecisionFacts, Learn, RecordDecision, TracePosition } from './event.ts'
import { refused, refusalKind, type Result } from './refusal.ts'
import type { RouteName } from './route-name.ts'
import { parseTraceParent, type TraceParent } from './trace-parent.ts'

/** An answer and the id of its record, which the client is told too. */
export interface Decision<T> {
  readonly decision: string
  readonly result: Result<T>
}

export interface DecideDependencies {
  /** Milliseconds of a clock that never jumps: only differences mean anything. */
  readonly timer: () => number
  readonly newId: () => string
  readonly record: RecordDecision
  /** Begins to trace a decision; without: rauth does not trace. */
  readonly trace?: BeginTrace | undefined
}

export type BeginTrace = (parent: TraceParent | undefined) => Traced

/** A decision that is traced: what is asked outside by `run` belongs to it. */
export interface Traced {
  readonly position: TracePosition
  readonly run: <T>(body: () => T) => T
}

/** The id of a request for its record, if it is a UUID or the like and nothing strange in a log. */
export function requestIdOf(text: string | undefined): Pick<RequestOrigin, 'requestId'> {
  return text !== undefined && /^[\w.-]{1,64}$/.test(text) ? { requestId: text } : {}
}

/** The span of whoever asks, by the first `traceparent` that is one. */
export function parentOf(...texts: readonly (string | undefined)[]): Pick<RequestOrigin, 'parent'> {
  for (const text of texts) {
    const parent = parseTraceParent(text)
    if (parent !== undefined) return { parent }
  }
  return {}
}

/** Where a request came from and came to, for the record. */
export interface RequestOrigin {
  /** Of a port that has more than one; the gateway's checks find out by themselves. */
  readonly route?: RouteName
  /** As DecisionEvent has it; of a port that knows it before any flow. */
  readonly path?: string
  readonly address?: string
  readonly method?: string
  /** The id that the proxy in front gave the request: in its access log, too. */
  readonly requestId?: string
  /** The span of whoever asks. */
  readonly parent?: TraceParent
}

/** The id of a decision for which none could be made. */
export const UNRECORDED = 'unrecorded'

/**
 * Runs one decision to its end and records it exactly once. `body` says what it finds out on the
 * way. Whatever it throws becomes the refusal `internal`, and a decision that can't be recorded becomes
 * `unrecorded`: nothing that failed can pass, and nothing passes unseen. Never rejects.
 */
export async function decide<T>(
  deps: DecideDependencies,
  half: DecisionEvent['half'],
  { parent, ...origin }: RequestOrigin,
  body: (learn: Learn) => Promise<Result<T>>,
): Promise<Decision<T>> {
  let decision = UNRECORDED
  let decided = false
  try {
    const started = deps.timer()
    decision = deps.newId()
    const facts: DecisionFacts = {}
    const learning = () =>
      body((more) => {
        Object.assign(facts, more)
      })
    const traced = begun(deps, parent)
    const result = await orRefuse(traced === undefined ? learning : () => traced.run(learning))
    const trace = traced?.position ?? (parent && positionOf(parent))
    decided = true
    deps.record({
      id: decision,
      half,
      ...outcomeOf(result),
      duration: deps.timer() - started,
      ...origin,
      ...facts,
      ...(trace === undefined ? {} : { trace }),
    })
    return { decision, result }
  } catch (thrown) {
    const result = failed(thrown, decided ? 'unrecorded' : 'internal')
    return { decision, result }
  }
}

/** A tracer that fails decides nothing: the decision goes on untraced. */
function begun({ trace }: DecideDependencies, parent: TraceParent | undefined): Traced | undefined {
  try {
    return trace?.(parent)
  } catch {
    return undefined
  }
}

/** In the trace of somebody else, of which rauth records nothing. */
function positionOf({ traceId, spanId, sampled }: TraceParent): TracePosition {
  return { traceId, parentId: spanId, sampled }
}

async function orRefuse<T>(body: () => Promise<Result<T>>): Promise<Result<T>> {
  try {
    return await body()
  } catch (thrown) {
    return failed(thrown)
  }
}

function failed(thrown: unknown, reason: 'internal' | 'unrecorded' = 'internal') {
  return refused(reason, { detail: messageOf(thrown) })
}

function outcomeOf(
  result: Result<unknown>,
): Pick<DecisionEvent, 'outcome' | 'status' | 'reason' | 'detail' | 'cause'> {
  if (result.ok) return { outcome: 'allowed', status: 200 }
  const { reason, detail, cause } = result.refusal
  const status = refusalKind(reason).http
  return {
    outcome: status >= 500 ? 'failed' : 'refused',
    status,
    reason,
    ...(detail === undefined ? {} : { detail }),
    ...(cause === undefined ? {} : { cause }),
  }
}
