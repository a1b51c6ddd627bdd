/** Of an election, milliseconds. */
export interface ElectionTimings {
  /** After so long without a renewal another may take the Lease: whole seconds. */
  readonly lease: number
  /** After so long without a renewal its holder writes nothing any more: less than `lease`, for what is under way. */
  readonly renewDeadline: number
  /** From one renewal to the next, and from one look at another's Lease to the next. */
  readonly retry: number
}

/** As Kubernetes' own controllers have it. */
export const ELECTION_TIMINGS: ElectionTimings = {
  lease: 15_000,
  renewDeadline: 10_000,
  retry: 2_000,
}
