/** Seconds since the epoch, with fractions. An argument everywhere, so that tests own the time. */
export type Clock = () => number
