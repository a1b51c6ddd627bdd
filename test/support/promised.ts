import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'

/** Between two looks whether the machine is late, and between two at what was promised; milliseconds. */
const TICK = 10

/** How much later than it asked for this process was woken, while it did nothing itself; milliseconds. */
export interface Stalls {
  total(): number
  stop(): void
}

/** That time the machine gave to others. What is tested lacked it, too, and can't be blamed for it. */
export function watchStalls(): Stalls {
  let total = 0
  let woken = performance.now()
  let worked = process.cpuUsage()
  const look = () => {
    const now = performance.now()
    const { user, system } = process.cpuUsage(worked)
    total += Math.max(0, now - woken - TICK - (user + system) / 1000)
    woken = now
    worked = process.cpuUsage()
  }
  const timer = setInterval(look, TICK)
  return {
    total() {
      look()
      return total
    },
    stop() {
      clearInterval(timer)
    },
  }
}

export interface Promised {
  /** Since when it is promised, `performance.now()`; without, since now. */
  readonly since?: number
  /** Made before `since`; without, made here. */
  readonly stalls?: Stalls
}

/**
 * Waits until what rauth promises within so many milliseconds is so, and gives how long it was not. Fails if a look that
 * began later than that, and than what the machine itself was late, still found it otherwise: how long the answer to a
 * look took is no matter.
 */
export async function promised(
  what: string,
  within: number,
  holds: () => boolean | Promise<boolean>,
  { since = performance.now(), stalls = watchStalls() }: Promised = {},
): Promise<number> {
  try {
    for (let last = 0; ;) {
      const asked = performance.now() - since
      if (await holds()) return last
      last = asked
      const late = stalls.total()
      assert.ok(
        asked <= within + late,
        `${what}: not ${asked.toFixed(0)} ms after it, promised are ${within} ms; the machine was ${late.toFixed(0)} ms late`,
      )
      await sleep(TICK)
    }
  } finally {
    stalls.stop()
  }
}
