import type { LoginCause } from './login-cause.ts'
import type { Reason } from './refusal.ts'
import type { RouteName } from './route-name.ts'

/**
 * The one record of a decision. Log lines and metrics are made from it and from nothing else, so it
 * holds no secret: no password, no token, no header.
 */
export interface DecisionEvent {
  /** Also in the client's answer, so that a complaint can be matched with its log line. */
  readonly id: string
  readonly half: 'token' | 'gateway' | 'catalog' | 'cli'
  /** What was asked for; not there when that is none of them, or could not be read. */
  readonly route?: RouteName
  /** `failed`: rauth could not tell (5xx). */
  readonly outcome: 'allowed' | 'refused' | 'failed'
  readonly reason?: Reason
  /** Log-only explanation of the reason. */
  readonly detail?: string
  /** Of a refused login: what was wrong with it, which the detail has words for. */
  readonly cause?: LoginCause
  /** HTTP status that the client is sent; 200 for an allowed gateway check. */
  readonly status: number
  readonly account?: string
  readonly namespaces?: readonly string[]
  /** Ids of the credentials that the decision was made for, such as `team-a/registry-credentials`. */
  readonly credentials?: readonly string[]
  /** What was asked for, in scope grammar; empty for a login or `/v2/`. */
  readonly requested?: string
  /**
   * Path of what is no request of the registry API, in printable ASCII; never the query. Long parts
   * are left out: they may be tokens.
   */
  readonly path?: string
  /** What was granted, in scope grammar. */
  readonly granted?: string
  /** The rule that decided. */
  readonly rule?: string
  /** What was allowed only since it is in shadow: what would deny it, and which scope. */
  readonly shadow?: string
  /** A mount whose source was out of reach went on as an upload. */
  readonly mount?: 'removed'
  readonly tokenId?: string
  /** Of the refresh token that was presented, or was made beside it. */
  readonly refreshTokenId?: string
  readonly keyId?: string
  /** Client address. */
  readonly address?: string
  readonly method?: string
  /** The id that the proxy in front gave the request. */
  readonly requestId?: string
  /** Where it is in a trace, if it is in one. */
  readonly trace?: TracePosition
  /** Milliseconds that the decision took. */
  readonly duration: number
  /** How the policy came to it, as long as that policy is there. For whoever asks, never for the log. */
  readonly why?: () => object | undefined
}

/** The trace of a decision, of somebody in front or begun by rauth. */
export interface TracePosition {
  readonly traceId: string
  /** Of the decision itself, where rauth traces. */
  readonly spanId?: string
  /** Of whoever asked; without: the trace begins here. */
  readonly parentId?: string
  /** Whether it is recorded. */
  readonly sampled: boolean
}

/**
 * What of an event may be written down. The ids of its trace are named as OpenTelemetry names them in logs
 * (Trace Context in Non-OTLP Log Formats), by which log stores find the trace.
 */
export interface DecisionRecord extends Omit<DecisionEvent, 'why' | 'trace'> {
  readonly trace_id?: string
  readonly span_id?: string
}

export function recordOf({ why: _, trace, ...record }: DecisionEvent): DecisionRecord {
  if (trace === undefined) return record
  const { traceId, spanId } = trace
  return { ...record, trace_id: traceId, ...(spanId === undefined ? {} : { span_id: spanId }) }
}

/** What a flow finds out on its way to a decision. */
export type DecisionFacts = Partial<
  Pick<
    DecisionEvent,
    | 'route'
    | 'account'
    | 'namespaces'
    | 'credentials'
    | 'requested'
    | 'path'
    | 'granted'
    | 'rule'
    | 'shadow'
    | 'mount'
    | 'tokenId'
    | 'refreshTokenId'
    | 'keyId'
    | 'why'
  >
>

/** Told by a flow of what it finds out. */
export type Learn = (facts: DecisionFacts) => void

export type RecordDecision = (event: DecisionEvent) => void
