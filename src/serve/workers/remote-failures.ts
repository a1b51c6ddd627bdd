import type { FailureCounter, FailureSource } from '../../credentials/guessing.ts'
import type { GuessingNumbers } from '../shared.ts'
import type { Channel } from './channel.ts'
import type { PrimaryCalls } from './messages.ts'

/** Counts in the primary process, for all workers together; `own` where that gives no answer. */
export function createRemoteFailures(
  primary: Pick<Channel<PrimaryCalls>, 'ask' | 'tell'>,
  { failures, perNetwork, window }: GuessingNumbers,
  own: FailureCounter,
): FailureCounter {
  const guessing = { failures, perNetwork, window }
  const countedHere = new WeakSet<FailureSource>()
  return {
    async take(source) {
      try {
        return await primary.ask('take', { guessing, source })
      } catch {
        countedHere.add(source)
        return own.take(source)
      }
    },
    async giveBack(source) {
      if (countedHere.has(source)) await own.giveBack(source)
      else primary.tell('giveBack', { guessing, source })
    },
  }
}
