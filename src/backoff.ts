/** Milliseconds. */
export interface BackoffTimes {
  readonly first: number
  /** The most that is waited, but for what was asked for. */
  readonly most: number
}

/**
 * Milliseconds to wait after so many failures in a row (1 and more): twice as long each time, with half of it by
 * chance, so that all who lost the same server don't come back together. `random`: 0 to 1; `least`: what was asked for.
 */
export function waitAfter(
  failures: number,
  { first, most }: BackoffTimes,
  random: number,
  least = 0,
): number {
  const whole = Math.min(most, first * 2 ** Math.min(failures - 1, 30))
  return Math.max(least, whole / 2) + random * (whole / 2)
}
