import type { HealthPart } from '../../adapters/ops/health.ts'
import type { Metrics } from '../../adapters/ops/metrics.ts'
import type { RecentDecisions } from '../../adapters/ops/recent-decisions.ts'
import type { Shared } from '../shared.ts'
import { createChannel } from './channel.ts'
import { createRemoteFailures } from './failures.ts'
import { createFedCredentials } from './fed-credentials.ts'
import type { CredentialChanges, PartState, PrimaryCalls, WorkerCalls } from './messages.ts'

/** How often is looked whether a part of this process has changed, milliseconds. */
const LOOK = 250

/** What the primary process asks of its worker once that serves. */
export interface Serving {
  readonly health: () => readonly HealthPart[]
  readonly metrics: Pick<Metrics, 'snapshot'>
  readonly decisions: Pick<RecentDecisions, 'find'>
}

/** The process that this one is a worker of. */
export interface PrimaryLink extends Shared {
  readonly workers: number
  /** The text of the configuration that all of them began with. */
  readonly config: string
  /** Resolves with the signal by which all are to stop. */
  readonly stopped: Promise<string>
  /** From now on it serves, on these ports. */
  serves(serving: Serving, ports: Readonly<Record<string, number>>): void
}

/** Joins the primary process. Only in a worker. */
export async function joinPrimary(): Promise<PrimaryLink> {
  let serving: Serving | undefined
  let stop: (signal: string) => void
  const stopped = new Promise<string>((resolve) => (stop = resolve))
  let takeCredentials: (changes: CredentialChanges) => void = () => undefined
  const timer = () => performance.now()
  const primary = createChannel<PrimaryCalls, WorkerCalls>(
    {
      send: (message) => process.send?.(message, undefined, undefined, () => undefined),
      onMessage: (take) => void process.on('message', take),
    },
    {
      credentials(changes) {
        takeCredentials(changes)
        return undefined
      },
      stop(signal) {
        stop(signal)
        return undefined
      },
      metrics: () => serving?.metrics.snapshot() ?? [],
      decision: (id) => serving?.decisions.find(id),
    },
  )
  const joined = await primary.ask('join', undefined)
  const fed = joined.credentials && createFedCredentials(joined.credentials, timer)
  if (fed !== undefined) takeCredentials = fed.take

  function tellHealth({ health }: Serving): void {
    let told = ''
    const look = () => {
      const parts = health().map(stateOf)
      const text = JSON.stringify(parts)
      if (text !== told) primary.tell('health', parts)
      told = text
    }
    look()
    setInterval(look, LOOK).unref()
  }
  return {
    ...{ worker: joined.worker, workers: joined.workers, config: joined.config, stopped },
    hasherKey: Buffer.from(joined.hasherKey),
    credentials: fed && {
      ...fed,
      // What is wrong with them is known where they come from.
      ...{ all: () => [], problem: () => undefined, close: () => undefined },
    },
    failures: (guessing, own) => createRemoteFailures(primary, guessing, own),
    serves(given, ports) {
      serving = given
      tellHealth(given)
      primary.tell('opened', ports)
    },
  }
}

function stateOf({ name, ready, trouble }: HealthPart): PartState {
  return { name, ready: ready?.() ?? true, trouble: trouble?.() }
}
