import type { Listener } from '../adapters/listen.ts'
import type { HealthPart } from '../adapters/ops/health.ts'
import type { Common } from './common.ts'

export interface HealthOptions {
  readonly common: {
    readonly identity: Pick<Common['identity'], 'health'>
    readonly keys: Pick<Common['keys'], 'ready' | 'problem'>
    readonly policySource: Pick<Common['policySource'], 'problem'>
    readonly tls: Pick<Common['tls'], 'health'>
  }
  /** Of what only some roles and configurations have. */
  readonly more: readonly (HealthPart | undefined)[]
  /** Those that are open by now, by their names. */
  readonly listeners: ReadonlyMap<string, Pick<Listener, 'isOpen'>>
  /** False once it is to stop. */
  readonly running: () => boolean
}

/** What is there wherever decisions are made or told of. */
export function ownHealth({
  identity,
  keys,
  policySource,
}: Omit<HealthOptions['common'], 'tls'>): HealthPart[] {
  return numbered([
    ...identity.health,
    { name: 'keys', ready: () => keys.ready(), trouble: () => keys.problem() },
    { name: 'policy', trouble: () => policySource.problem() },
  ])
}

/** All that `rauth serve` is made of. */
export function healthOf({ common, more, listeners, running }: HealthOptions): HealthPart[] {
  return numbered([
    ...ownHealth(common),
    ...more.filter((part) => part !== undefined),
    ...[...listeners].map(([name, listener]) => ({
      ...{ name: `listeners.${name}`, ready: () => listener.isOpen() },
    })),
    ...common.tls.health(),
    runningPart(running),
  ])
}

export const RUNNING = 'running'

/** Whether all of it still is to serve. */
export function runningPart(running: () => boolean): HealthPart {
  return {
    ...{ name: RUNNING, ready: running },
    trouble: () => (running() ? undefined : 'it was told to stop'),
  }
}

/** Sources of one kind may be several: the second command is `command 2`. */
function numbered(parts: readonly HealthPart[]): HealthPart[] {
  const seen = new Map<string, number>()
  return parts.map((part) => {
    const count = (seen.get(part.name) ?? 0) + 1
    seen.set(part.name, count)
    return count === 1 ? part : { ...part, name: `${part.name} ${count}` }
  })
}
