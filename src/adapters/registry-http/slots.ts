export interface Slots {
  /**
   * Waits for a place. `undefined`: too many wait already, or the signal came first. What it gives must
   * be called once, to leave the place.
   */
  take(signal: AbortSignal): Promise<(() => void) | undefined>
}

/** Places for so many at once, and for so many more that wait their turn. */
export function createSlots({ running, waiting }: { running: number; waiting: number }): Slots {
  let free = running
  /** In the order in which they came. */
  const queue = new Set<() => void>()

  function leaving(): () => void {
    let left = false
    return () => {
      if (left) return
      left = true
      const [next] = queue
      if (next === undefined) free += 1
      else next()
    }
  }

  return {
    async take(signal) {
      if (signal.aborted) return undefined
      if (free > 0) {
        free -= 1
        return leaving()
      }
      if (queue.size >= waiting) return undefined
      return new Promise((resolve) => {
        const end = (place: (() => void) | undefined) => {
          queue.delete(enter)
          signal.removeEventListener('abort', giveUp)
          resolve(place)
        }
        const enter = () => {
          end(leaving())
        }
        const giveUp = () => {
          end(undefined)
        }
        queue.add(enter)
        signal.addEventListener('abort', giveUp)
      })
    },
  }
}
