import { stateOf, type HealthPart, type PartState } from '../../adapters/ops/health.ts'
import { RUNNING, runningPart } from '../health.ts'
import type { Member } from './crew.ts'

export interface CrewHealthOptions {
  /** Of the primary process. */
  readonly own: readonly HealthPart[]
  /** How many workers there should be. */
  readonly workers: number
  readonly members: readonly Pick<Member, 'number' | 'ports' | 'health'>[]
  /** Whether all have served by now. Until then it is not ready, and from then on where one at least serves. */
  readonly started: () => boolean
  readonly running: () => boolean
}

/** Of each process that has a part, how that is. */
type Seen = PartState & { readonly worker: number | undefined }

/** Several processes as one: a part is ready where everybody's is, and in trouble where anybody's is. */
export function healthOfCrew({
  own,
  workers,
  members,
  started,
  running,
}: CrewHealthOptions): readonly HealthPart[] {
  const serving = members.filter(({ ports }) => ports !== undefined)
  const seen: readonly Seen[] = [
    ...own.map((part) => ({ ...stateOf(part), worker: undefined })),
    ...serving.flatMap(({ number: worker, health }) =>
      health.filter(({ name }) => name !== RUNNING).map((state) => ({ ...state, worker })),
    ),
  ]
  const numbers = new Set(serving.map(({ number }) => number))
  const missing = Array.from({ length: workers }, (_, index) => index + 1).filter(
    (number) => !numbers.has(number),
  )
  return [
    ...[...new Set(seen.map(({ name }) => name))].map((name) => {
      const states = seen.filter((one) => one.name === name)
      return {
        ...{ name, ready: () => states.every(({ ready }) => ready) },
        trouble: () => troubleOf(states),
      }
    }),
    {
      ...{ name: 'workers', ready: () => started() && serving.length > 0 },
      trouble: () =>
        missing.length === 0
          ? undefined
          : !started()
            ? `${serving.length} of ${workers} serve, the others are being started`
            : `of ${workers}, these do not serve: ${missing.join(', ')}`,
    },
    runningPart(running),
  ]
}

/** Once where all say the same; else which worker says what. */
function troubleOf(states: readonly Seen[]): string | undefined {
  const told = new Set(states.map(({ trouble }) => trouble))
  const [only] = told
  if (told.size === 1) return only
  return states
    .filter(({ trouble }) => trouble !== undefined)
    .map(({ worker, trouble = '' }) =>
      worker === undefined ? trouble : `worker ${worker}: ${trouble}`,
    )
    .join('; ')
}
