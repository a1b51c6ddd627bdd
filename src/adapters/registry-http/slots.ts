export interface Slots {
  /**
   * Waits for a place. `undefined`: too many wait already, of all or of this share, or the signal came
   * first. What it gives must be called once, to leave the place.
   */
  take(signal: AbortSignal, share: string): Promise<(() => void) | undefined>
}

export interface SlotLimits {
  readonly running: number
  readonly waiting: number
  /** Of one share, running and waiting: no flood of one takes the places of the others. */
  readonly perShare: number
}

/** Places for so many at once, and for so many more that wait their turn. */
export function createSlots({ running, waiting, perShare }: SlotLimits): Slots {
  let free = running
  /** In the order in which they came. */
  const queue = new Set<() => void>()
  const shares = new Map<string, number>()

  function count(share: string, by: number): void {
    const taken = (shares.get(share) ?? 0) + by
    if (taken === 0) shares.delete(share)
    else shares.set(share, taken)
  }

  /** Whether a place came before the signal did. */
  async function placed(signal: AbortSignal): Promise<boolean> {
    if (free > 0) {
      free -= 1
      return true
    }
    if (queue.size >= waiting) return false
    return new Promise((resolve) => {
      const end = (came: boolean) => {
        queue.delete(enter)
        signal.removeEventListener('abort', giveUp)
        resolve(came)
      }
      const enter = () => {
        end(true)
      }
      const giveUp = () => {
        end(false)
      }
      queue.add(enter)
      signal.addEventListener('abort', giveUp)
    })
  }

  function leave(): void {
    const [next] = queue
    if (next === undefined) free += 1
    else next()
  }

  return {
    async take(signal, share) {
      if (signal.aborted || (shares.get(share) ?? 0) >= perShare) return undefined
      count(share, 1)
      if (!(await placed(signal))) {
        count(share, -1)
        return undefined
      }
      let left = false
      return () => {
        if (left) return
        left = true
        count(share, -1)
        leave()
      }
    },
  }
}
