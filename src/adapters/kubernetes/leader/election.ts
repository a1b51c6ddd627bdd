import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf } from '../../../errors.ts'
import type { Api } from '../api.ts'
import { claimed, released, type Lease } from './lease.ts'
import { createLeaseStore, isOutdated } from './lease-store.ts'
import { startReign, type Leadership, type Reign, type ReignEnd } from './reign.ts'
import { createSighting } from './sighting.ts'
import type { ElectionTimings } from './timings.ts'

export interface ElectionOptions {
  readonly api: Api
  /** Of the Lease. */
  readonly namespace: string
  readonly name: string
  /** This replica and this run of it: no other may ever have the same. */
  readonly identity: string
  readonly timings: ElectionTimings
  /** Milliseconds since the epoch, for what people read in the Lease. */
  readonly clock: () => number
  /** Milliseconds, going forwards also while the process is stopped: createBootTimer. */
  readonly timer: () => number
  /** 0 to 1. */
  readonly random: () => number
  /**
   * Does what only the leader may do, until `leading` is aborted. Fulfilled earlier: somebody else shall lead. While
   * it is not settled this replica does not take the Lease again, nor give it back.
   */
  readonly lead: (leadership: Leadership) => Promise<void>
  /** Told when this replica begins to lead, and when and why it ends. */
  readonly onChange: (change: ElectionChange) => void
  /**
   * Told what is wrong when a Lease can't be read or written, once while it stays the same, and once when it can be
   * again. It is tried every few seconds: the log must not fill with that.
   */
  readonly onTrouble: (problem: string | undefined) => void
}

export type ElectionChange =
  { readonly leading: true } | { readonly leading: false; readonly why: ReignEnd }

/** Replicas of which one leads, by a Lease: `kubectl get lease` shows which. */
export interface Election {
  isLeading(): boolean
  /** Identity of whoever leads, as far as is known. */
  leader(): string | undefined
  /** Since when neither this replica leads nor another was seen to renew the Lease, milliseconds. */
  silence(): number
  /** Ends what is led and gives the Lease back, so that another replica has it at once. */
  close(): Promise<void>
}

/** Of the time between two looks, this is by chance: replicas that began together don't stay so. */
const CHANCE = 0.25

/**
 * Takes part in an election until it is closed, as client-go's leaderelection does, with the same Lease: replicas of
 * both kinds get along. What differs: a leader counts from when it sent its last good renewal, and not from the
 * answer; a Lease that somebody deletes is not free before its holder must have given up; and a free one is
 * taken when it becomes so and not at the next look.
 */
export function startElection(options: ElectionOptions): Election {
  const { identity, timings, clock, timer, random, onTrouble } = options
  const patience = timings.renewDeadline / 2
  const store = createLeaseStore({ ...options, patience })
  const sighting = createSighting({ identity, usual: timings.lease })
  const stop = new AbortController()
  const stopped = () => stop.signal.aborted
  let current: Reign | undefined
  let trouble: string | undefined
  /** When this replica was last known to lead, or began to look. */
  let heardAt = timer()

  function tell(problem: string | undefined): void {
    if (problem === trouble) return
    trouble = problem
    onTrouble(problem)
  }

  const claim = (before: Lease | undefined, signal: AbortSignal): Promise<Lease> => {
    const duration = Math.ceil(timings.lease / 1000)
    const record = claimed(before?.record, { holder: identity, duration, now: clock() })
    return store.write(before, record, signal)
  }

  /** The Lease, if it was taken, and when that was asked for. */
  async function campaign(): Promise<{ lease: Lease; sentAt: number } | undefined> {
    const found = await store.read(stop.signal)
    sighting.see(found?.record, timer())
    if (timer() < sighting.freeAt()) return undefined
    const sentAt = timer()
    try {
      const lease = await claim(found, stop.signal)
      sighting.see(lease.record, timer())
      return { lease, sentAt }
    } catch (error) {
      // Another was there first.
      if (isOutdated(error)) return undefined
      throw error
    }
  }

  async function reign(lease: Lease, sentAt: number): Promise<void> {
    options.onChange({ leading: true })
    current = startReign({
      ...{ lease, sentAt, identity, timings, store, claim, timer, random, tell },
      lead: options.lead,
    })
    if (stopped()) current.end()
    const { why, last } = await current.over
    current = undefined
    heardAt = timer()
    if (why === 'closed' || why === 'resigned') await giveBack(last)
    options.onChange({ leading: false, why })
  }

  /** Nobody writes any more. Whatever goes wrong: it becomes free by itself. */
  async function giveBack(last: Lease): Promise<void> {
    const { signal } = new AbortController()
    const free = (from: Lease) => store.write(from, released(from.record, clock()), signal)
    try {
      await free(last).catch(async (error: unknown) => {
        if (!isOutdated(error)) throw error
        // A renewal may have come through whose answer did not.
        const found = await store.read(signal)
        if (found?.record.holder === identity) await free(found)
      })
    } catch (error) {
      tell(messageOf(error))
    }
  }

  async function run(): Promise<void> {
    while (!stopped()) {
      try {
        const won = await campaign()
        tell(undefined)
        if (won !== undefined) await reign(won.lease, won.sentAt)
      } catch (error) {
        if (!stopped()) tell(messageOf(error))
      }
      await sleep(untilNext(), undefined, { signal: stop.signal }).catch(() => undefined)
    }
  }

  function untilNext(): number {
    const usual = timings.retry * (1 + (random() - 0.5) * CHANCE)
    const free = sighting.freeAt() - timer()
    return free > 0 ? Math.min(usual, free + random() * timings.retry * CHANCE) : usual
  }

  const isLeading = () => current?.mayWrite() === true
  const running = run()
  return {
    isLeading,
    leader: () => sighting.holder(),
    silence: () => (isLeading() ? 0 : timer() - Math.max(heardAt, sighting.renewedAt())),
    async close() {
      stop.abort()
      current?.end()
      await running
    },
  }
}
