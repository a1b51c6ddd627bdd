import { formatInstant } from '../../instant.ts'

/** When something is good, and a moment; seconds since the epoch. */
export interface Validity {
  readonly from: number
  readonly to: number
  readonly at: number
}

/** What is wrong with what is not good at that moment, and what to do about it. */
export interface OutsideValidity {
  readonly wrong: string
  readonly next: string
}

/**
 * `undefined` while it is good; `renewal`: what to do once it has ended. What has not begun is mostly a clock that
 * is behind, and nobody should throw a good key away for that. The words hold no moment of now: a trouble that lasts
 * keeps them.
 */
export function outsideValidity(
  { from, to, at }: Validity,
  renewal: string,
): OutsideValidity | undefined {
  if (at >= from && at < to) return undefined
  const times = `is good from ${formatInstant(from)} to ${formatInstant(to)}, not now`
  return at < from
    ? {
        wrong: `${times}: by the clock of this machine it has not begun`,
        next: 'set that clock, by NTP, or wait',
      }
    : { wrong: `${times}: it has ended`, next: `if the clock of this machine is right, ${renewal}` }
}
