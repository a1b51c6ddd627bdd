import type { LeaseRecord } from './lease.ts'

/**
 * How long a Lease was seen unchanged. Whether its holder is still there is told by that alone: clocks of replicas
 * may differ, so the times that are written in it prove nothing.
 */
export interface Sighting {
  /** It was read at that time; undefined: there is none, which does not end what was seen before. */
  see(record: LeaseRecord | undefined, at: number): void
  /** When somebody else's may be taken, by the timer; -Infinity: at once. */
  freeAt(): number
  /** Who held it at last, as far as was seen; undefined: nobody. */
  holder(): string | undefined
}

export interface SightingOptions {
  readonly identity: string
  /** Of a Lease that does not say for how long it is, milliseconds. */
  readonly usual: number
}

/** Whoever may write the Lease must not stop all that stand for it by one number: so many times the usual at most. */
const MOST = 10

export function createSighting({ identity, usual }: SightingOptions): Sighting {
  let seen: LeaseRecord | undefined
  let since = -Infinity
  return {
    see(record, at) {
      // Whoever deletes a Lease does not end its holder.
      if (record === undefined || (seen !== undefined && isSame(record, seen))) return
      seen = record
      since = at
    },
    freeAt() {
      if (seen === undefined || seen.holder === '' || seen.holder === identity) return -Infinity
      return since + (seen.duration === 0 ? usual : Math.min(seen.duration * 1000, MOST * usual))
    },
    holder: () => (seen === undefined || seen.holder === '' ? undefined : seen.holder),
  }
}

function isSame(one: LeaseRecord, other: LeaseRecord): boolean {
  const keys = ['holder', 'duration', 'acquired', 'renewed', 'transitions'] as const
  return keys.every((key) => one[key] === other[key])
}
