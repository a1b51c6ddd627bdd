import { randomBytes } from 'node:crypto'
import { createFailureCounter } from '../../adapters/throttle/failure-counter.ts'
import { createLimiter } from '../../adapters/throttle/limiters.ts'
import type { FailureCounter } from '../../credentials/guessing.ts'
import type { Channel } from './channel.ts'
import type { CountedFailure, PrimaryCalls } from './messages.ts'

/** Numbers that are remembered: those of now, and of before a reload that reached not every worker yet. */
const KEPT = 2

/** Where all workers count: one counter for each set of numbers that they come with. */
export function createCountingTogether(timer: () => number): {
  readonly of: (guessing: CountedFailure['guessing']) => FailureCounter
} {
  const key = randomBytes(32)
  const counters = new Map<string, FailureCounter>()
  return {
    of({ failures, perNetwork, window }) {
      const name = `${failures} ${perNetwork} ${window}`
      const known = counters.get(name)
      if (known !== undefined) return known
      const limits = { window, timer, redis: undefined }
      const made = createFailureCounter({
        bySource: createLimiter({ ...limits, points: failures, prefix: 'name' }).limiter,
        byNetwork: createLimiter({ ...limits, points: perNetwork, prefix: 'network' }).limiter,
        key,
      })
      counters.set(name, made)
      const [oldest] = counters.keys()
      if (counters.size > KEPT && oldest !== undefined) counters.delete(oldest)
      return made
    },
  }
}

/** Counts in the primary process; `own` where that gives no answer. */
export function createRemoteFailures(
  primary: Channel<PrimaryCalls>,
  guessing: CountedFailure['guessing'],
  own: FailureCounter,
): FailureCounter {
  const { failures, perNetwork, window } = guessing
  const sent = { failures, perNetwork, window }
  return {
    async take(source) {
      try {
        return await primary.ask('take', { guessing: sent, source })
      } catch {
        return own.take(source)
      }
    },
    async giveBack(source) {
      await primary.ask('giveBack', { guessing: sent, source }).catch(() => own.giveBack(source))
    },
  }
}
