/**
 * For programs in Go that run for seconds: they collect garbage when there is five times as much as before, not
 * twice, which takes less of a processor and more memory.
 */
export const SELDOM_COLLECTING = { GOGC: '400' } as const
