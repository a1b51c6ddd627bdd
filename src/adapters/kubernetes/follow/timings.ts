/** How long things may take, milliseconds. Tests have a shorter life. */
export interface Timings {
  /** Until an answer begins, and between parts of a list. */
  readonly patience: number
  /**
   * Without a word on a watch, after which it is taken for dead. The API server sends a bookmark a
   * minute, unless nothing changed since it started.
   */
  readonly silence: number
  /** How long the API server is asked to keep a watch: by chance from the first to the second. */
  readonly watch: readonly [number, number]
  /** From one full list to the next: what a watch may have missed has an end. */
  readonly recheck: number
  /** From one full list to the next while no watch works. */
  readonly poll: number
  /** Waits after failures: the first and the longest. */
  readonly backoff: readonly [number, number]
  /** Out of step for so long is told. */
  readonly stale: number
  /** Of several namespaces one that may not be read keeps rauth from being ready for so long. */
  readonly grace: number
}

export const TIMINGS: Timings = {
  patience: 30_000,
  silence: 90_000,
  watch: [300_000, 600_000],
  recheck: 600_000,
  poll: 30_000,
  backoff: [500, 10_000],
  stale: 60_000,
  grace: 30_000,
}
