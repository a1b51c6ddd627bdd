/** Longest time until the API server begins to answer, milliseconds. */
export const PATIENCE = 15_000

/** Namespaces that are worked on at a time. */
export const AT_ONCE = 8
