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
  const takenHere = new WeakMap<FailureSource, TakenHere>()
  const giveBackThere = (source: FailureSource) => {
    primary.tell('giveBack', { guessing, source })
  }

  async function takeHere(source: FailureSource, taken: TakenHere): Promise<number> {
    takenHere.set(source, taken)
    const wait = await own.take(source)
    if (wait > 0) undo(source, taken)
    return wait
  }
  function undo(source: FailureSource, taken: TakenHere): void {
    taken.isUndone = true
    if (taken.alsoThere) giveBackThere(source)
  }

  return {
    async take(source) {
      const taken: TakenHere = { alsoThere: false, isUndone: false }
      function late(wait: number): void {
        if (wait > 0) return
        taken.alsoThere = true
        if (taken.isUndone) giveBackThere(source)
      }
      try {
        return await primary.ask('take', { guessing, source }, { late })
      } catch {
        return takeHere(source, taken)
      }
    },
    async giveBack(source) {
      const taken = takenHere.get(source)
      if (taken === undefined) {
        giveBackThere(source)
        return
      }
      undo(source, taken)
      await own.giveBack(source)
    },
  }
}

/** An attempt that was counted in this process, as no answer came in time; one may come yet. */
interface TakenHere {
  /** It was counted in the primary process, too. */
  alsoThere: boolean
  /** It turned out to be no failure, or was not let in. */
  isUndone: boolean
}
