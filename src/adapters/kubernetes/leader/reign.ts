import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf } from '../../../errors.ts'
import type { Lease } from './lease.ts'
import { isOutdated, type LeaseStore } from './lease-store.ts'
import type { ElectionTimings } from './timings.ts'

/** What a leader has to go by. */
export interface Leadership {
  /** Aborted when it leads no more: for whatever it does. */
  readonly leading: AbortSignal
  /**
   * Whether nobody else can lead yet. To be asked right before each write: a process that was stopped finds out by
   * this, before any timer of it or any signal could tell.
   */
  readonly mayWrite: () => boolean
}

/** Why it leads no more. */
export type ReignEnd =
  /** It could not renew its Lease in time. */
  | 'not_renewed'
  /** The Lease has another holder, or is gone. */
  | 'lost'
  /** What it led came to its end by itself. */
  | 'resigned'
  | 'closed'

export interface ReignOptions {
  readonly lease: Lease
  /** When it was asked for, by the timer. */
  readonly sentAt: number
  readonly identity: string
  readonly timings: ElectionTimings
  readonly store: LeaseStore
  readonly claim: (before: Lease, signal: AbortSignal) => Promise<Lease>
  readonly timer: () => number
  readonly random: () => number
  readonly tell: (problem: string | undefined) => void
  readonly lead: (leadership: Leadership) => Promise<void>
}

export interface Reign extends Pick<Leadership, 'mayWrite'> {
  readonly end: () => void
  /** Fulfilled when nothing is led any more, with the Lease as it is known. */
  readonly over: Promise<{ readonly why: ReignEnd; readonly last: Lease }>
}

/** From a Lease that was taken to its end: leads, and renews it. */
export function startReign(options: ReignOptions): Reign {
  const { identity, timings, store, claim, timer, tell } = options
  const controller = new AbortController()
  const { signal } = controller
  let why: ReignEnd | undefined
  let { lease } = options
  let endsAt = options.sentAt + timings.renewDeadline
  let deadline: NodeJS.Timeout | undefined

  function end(reason: ReignEnd): void {
    why ??= reason
    clearTimeout(deadline)
    controller.abort()
  }

  function mayWrite(): boolean {
    if (timer() >= endsAt) end('not_renewed')
    return !signal.aborted
  }

  function setDeadline(at: number): void {
    endsAt = at
    clearTimeout(deadline)
    if (!mayWrite()) return
    deadline = setTimeout(
      () => {
        setDeadline(endsAt)
      },
      Math.max(1, endsAt - timer()),
    )
  }

  async function renew(): Promise<void> {
    const sentAt = timer()
    lease = await claim(lease, signal)
    setDeadline(sentAt + timings.renewDeadline)
    tell(undefined)
  }

  /** Somebody changed it, if only by a label; or an answer to a renewal was lost. */
  async function lookAgain(): Promise<void> {
    const found = await store.read(signal)
    if (found?.record.holder !== identity) {
      end('lost')
      return
    }
    lease = found
    await renew()
  }

  async function keep(): Promise<void> {
    while (mayWrite()) {
      const wait = timings.retry * (1 - options.random() * 0.1)
      await sleep(wait, undefined, { signal }).catch(() => undefined)
      if (!mayWrite()) return
      try {
        await renew().catch((error: unknown) => {
          if (!isOutdated(error)) throw error
          return lookAgain()
        })
      } catch (error) {
        if (!signal.aborted) tell(messageOf(error))
      }
    }
  }

  async function lead(): Promise<void> {
    try {
      await options.lead({ leading: signal, mayWrite })
    } catch (error) {
      if (!signal.aborted) tell(messageOf(error))
    }
    end('resigned')
  }

  async function over(): ReturnType<() => Reign['over']> {
    setDeadline(endsAt)
    if (mayWrite()) await Promise.all([keep(), lead()])
    return { why: why ?? 'closed', last: lease }
  }

  return {
    mayWrite,
    end() {
      end('closed')
    },
    over: over(),
  }
}
