export interface SlotLimits {
  /** Places. */
  readonly atOnce: number
  /** Of all shares, those that wait for a place. */
  readonly waiting: number
  /** Of one share, in a place and waiting: no flood of one takes the places of the others. */
  readonly perShare: number
}

/** Leaves a place; once, however often it is called. */
export type Leave = () => void

/**
 * Waits for a place, in the order in which they came. `undefined`: too many wait already, of all or of this
 * share. What comes must be called to leave the place; `undefined`: the signal came before.
 */
export interface TakeSlot {
  (share: string): Promise<Leave> | undefined
  (share: string, signal: AbortSignal): Promise<Leave | undefined> | undefined
}

/** Places for so many at once, and for so many more that wait their turn. */
export function createSlots({ atOnce, waiting, perShare }: SlotLimits): TakeSlot {
  let free = atOnce
  /** In the order in which they came. */
  const queue = new Set<() => void>()
  const shares = new Map<string, number>()

  function count(share: string, by: number): void {
    const taken = (shares.get(share) ?? 0) + by
    if (taken === 0) shares.delete(share)
    else shares.set(share, taken)
  }

  /** Whether its turn came before the signal did. */
  function turn(signal: AbortSignal | undefined): Promise<boolean> {
    return new Promise((resolve) => {
      const end = (came: boolean) => {
        queue.delete(enter)
        signal?.removeEventListener('abort', giveUp)
        resolve(came)
      }
      const enter = () => {
        end(true)
      }
      const giveUp = () => {
        end(false)
      }
      queue.add(enter)
      signal?.addEventListener('abort', giveUp)
    })
  }

  /** Whoever leaves hands its place on. */
  function handOn(): void {
    const [next] = queue
    if (next === undefined) free += 1
    else next()
  }

  function leaveOf(share: string): Leave {
    let left = false
    return () => {
      if (left) return
      left = true
      count(share, -1)
      handOn()
    }
  }

  async function waitFor(share: string, signal: AbortSignal | undefined) {
    if (await turn(signal)) return leaveOf(share)
    count(share, -1)
    return undefined
  }

  function take(share: string): Promise<Leave> | undefined
  function take(share: string, signal: AbortSignal): Promise<Leave | undefined> | undefined
  function take(share: string, signal?: AbortSignal): Promise<Leave | undefined> | undefined {
    const full = free === 0 && queue.size >= waiting
    if (signal?.aborted || full || (shares.get(share) ?? 0) >= perShare) return undefined
    count(share, 1)
    if (free === 0) return waitFor(share, signal)
    free -= 1
    return Promise.resolve(leaveOf(share))
  }
  return take
}
