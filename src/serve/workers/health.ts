import type { HealthPart } from '../../adapters/ops/health.ts'
import type { OpenCredentials } from '../identity/credentials.ts'
import type { Member } from './crew.ts'

export interface CrewHealthOptions {
  readonly credentials: Pick<OpenCredentials, 'ready' | 'problem'> | undefined
  /** How many there should be. */
  readonly workers: number
  readonly members: readonly Pick<Member, 'number' | 'ports' | 'health'>[]
  readonly running: () => boolean
}

/** Several processes as one: a part is ready where every worker's is, and in trouble where any is. */
export function healthOfCrew(options: CrewHealthOptions): readonly HealthPart[] {
  const { credentials, workers, members, running } = options
  const serving = members.filter(({ ports }) => ports !== undefined)
  const names = [...new Set(serving.flatMap(({ health }) => health.map(({ name }) => name)))]
  const parts = names
    .filter((name) => name !== 'running')
    .map((name) => {
      const states = serving.flatMap(({ health }) => health.filter((one) => one.name === name))
      const trouble = states.find((one) => one.trouble !== undefined)?.trouble
      if (name === 'secrets' && credentials !== undefined) {
        return { name, ready: () => credentials.ready(), trouble: () => credentials.problem() }
      }
      return { name, ready: () => states.every(({ ready }) => ready), trouble: () => trouble }
    })
  return [
    ...parts,
    {
      ...{ name: 'workers', ready: () => serving.length > 0 },
      trouble: () =>
        serving.length < workers ? `${serving.length} of ${workers} serve` : undefined,
    },
    {
      ...{ name: 'running', ready: running },
      trouble: () => (running() ? undefined : 'it was told to stop'),
    },
  ]
}
