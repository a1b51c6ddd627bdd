import type { Timings } from './timings.ts'

export interface ScheduleOptions {
  readonly timings: Pick<Timings, 'backoff' | 'poll' | 'recheck'>
  /** 0 to 1. */
  readonly random: () => number
  /** Milliseconds, going forwards. */
  readonly timer: () => number
}

/** When a collection is to be listed, by what became of its lists and watches. Times are milliseconds. */
export interface Schedule {
  /** A list is tried that is beside no watch. */
  listTried(): void
  /** All was read, as it was at this time by the timer. */
  listed(asOf: number): void
  /** The watch that there is works. */
  watchWorks(): void
  /** One is at its end that began then; `broke`: it broke off, or could not be had. */
  watchEnded(begin: number, broke: boolean): void
  /** When the copy was last known to be up to date, by the timer. */
  readonly inStepAt: () => number
  /** How long a list beside a watch that begins can wait. */
  untilRecheck(): number
  /** Whether a list is due in place of a watch: none works. */
  isListDue(): boolean
}

export function createSchedule({ timings, random, timer }: ScheduleOptions): Schedule {
  const { poll, recheck } = timings
  const [, most] = timings.backoff
  let listedAt = -Infinity
  let inStepAt = timer()
  let triedAt = -Infinity
  let watchedAt = -Infinity
  let brokeAt = -Infinity
  return {
    listTried() {
      triedAt = timer()
    },
    listed(asOf) {
      listedAt = timer()
      inStepAt = Math.max(inStepAt, asOf)
    },
    watchWorks() {
      watchedAt = timer()
      inStepAt = Math.max(inStepAt, watchedAt)
    },
    watchEnded(begin, broke) {
      const now = timer()
      // If it worked, it did so to its end.
      if (watchedAt >= begin) watchedAt = now
      if (broke) brokeAt = now
    },
    inStepAt: () => inStepAt,
    /**
     * Soon after a break, by chance so that many rauths don't ask at once: etcd may have been put back to an older
     * state meanwhile, and a watch from a version that is not there yet tells nothing.
     */
    untilRecheck() {
      const age = timer() - listedAt
      const soon = Math.max(poll - age, random() * most)
      return Math.max(0, Math.min(recheck - age, brokeAt > listedAt ? soon : Infinity))
    },
    /** A list that failed must not keep the watch from its turn: that may work. */
    isListDue() {
      const now = timer()
      if (now - triedAt < poll) return false
      return now - watchedAt >= poll || now - listedAt >= recheck
    },
  }
}
