import { setTimeout as sleep } from 'node:timers/promises'

/** How long a wrong token waits for its answer, milliseconds. */
const DELAY = 1_000

/** Wrong tokens of one address that wait at a time. */
const AT_ONCE = 5

/** How guesses of a token are slowed. */
export interface SlowGuesses {
  /** Whether more tries of an address are looked at; if not, a right token has no better answer. */
  mayTry(address: string): boolean
  /** A wrong one: resolves when it may be told so. */
  wrong(address: string): Promise<void>
}

/** Five tries a second for each address at most, each with its own connection. Nobody is locked out for longer. */
export function createSlowGuesses(): SlowGuesses {
  const waiting = new Map<string, number>()
  return {
    mayTry: (address) => (waiting.get(address) ?? 0) < AT_ONCE,
    async wrong(address) {
      waiting.set(address, (waiting.get(address) ?? 0) + 1)
      await sleep(DELAY)
      const left = (waiting.get(address) ?? 1) - 1
      if (left > 0) waiting.set(address, left)
      else waiting.delete(address)
    },
  }
}
