import { networkOf } from '../adapters/network.ts'
import { isSame } from '../config/changes.ts'
import type { Config } from '../config/schema.ts'
import { createGuessGuard, UNGUARDED, type GuessGuard } from '../credentials/guessing.ts'
import type { IdentitySource } from '../credentials/source.ts'
import type { Common } from './common.ts'
import { openFailures, type Failures } from './failures.ts'

export interface Guarding extends Pick<Failures, 'health' | 'close'> {
  /** With these numbers. While they stay the same it is the same guard, and counts on. */
  readonly guardOf: (guessing: Config['guessing']) => GuessGuard
}

/** The guard against guessing. */
export async function createGuarding(
  common: Common,
  sources: readonly Pick<IdentitySource, 'claims'>[],
): Promise<Guarding> {
  const { hasher, store, shared } = common
  const { of, health, close } = await openFailures(shared === undefined ? common : alone(common))

  function createGuard(guessing: Config['guessing']): GuessGuard {
    if (guessing.failures === 0 && guessing.perNetwork === 0) return UNGUARDED
    const own = of(guessing)
    return createGuessGuard({
      ...{ failures: shared?.failures(guessing, own) ?? own, networkOf, hasher, store },
      standsAlone: (secret) => sources.some(({ claims }) => claims?.(secret) === true),
    })
  }

  const { guessing: first } = common.config
  let latest = { of: first, guard: createGuard(first) }
  return {
    guardOf(guessing) {
      if (!isSame(latest.of, guessing)) latest = { of: guessing, guard: createGuard(guessing) }
      return latest.guard
    },
    ...{ health, close },
  }
}

/** Of processes that count together, one asks Redis for all. */
function alone(common: Common): Common {
  const { config } = common
  return { ...common, config: { ...config, guessing: { ...config.guessing, redis: undefined } } }
}
