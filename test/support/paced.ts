import type { Pulls } from './pulls.ts'

/** How often is looked what is due, milliseconds. */
const TICK = 10

export interface Paced extends Pulls {
  /** How many were sent a second, from the first to the stop. */
  readonly rate: () => number
}

/**
 * Asks so often in a second, whether or not answers come: what is slow holds up nothing that comes after
 * it. `ask` gets the number of the request, and rejects where the answer is not the wanted one.
 */
export function askPaced(perSecond: number, ask: (number: number) => Promise<void>): Paced {
  const failures: string[] = []
  const open = new Set<Promise<void>>()
  const begin = performance.now()
  let end: number | undefined
  let sent = 0
  let done = 0

  async function one(number: number): Promise<void> {
    try {
      await ask(number)
      done += 1
    } catch (error) {
      failures.push(error instanceof Error ? error.message : String(error))
    }
  }
  const timer = setInterval(() => {
    const due = ((performance.now() - begin) * perSecond) / 1000
    while (sent < due) {
      const asking = one(sent).finally(() => open.delete(asking))
      open.add(asking)
      sent += 1
    }
  }, TICK)
  return {
    done: () => done,
    failures,
    rate: () => (sent * 1000) / ((end ?? performance.now()) - begin),
    async stop() {
      end ??= performance.now()
      clearInterval(timer)
      await Promise.all(open)
    },
  }
}
