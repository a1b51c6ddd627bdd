export interface LogRationOptions {
  /** Of each thing, so many in a window. */
  readonly lines: number
  /** Milliseconds from the first of them. */
  readonly window: number
  /** Milliseconds, going forwards. */
  readonly timer: () => number
}

/**
 * Whether a line about a thing may be told, and how many about it were not before; undefined: it may not. Whoever
 * makes something happen all the time must not fill the log. Of things there must be few: each is remembered.
 */
export type LogRation = (thing: string) => { readonly more: number } | undefined

export function createLogRation({ lines, window, timer }: LogRationOptions): LogRation {
  const windows = new Map<string, { readonly since: number; said: number }>()
  return (thing) => {
    const now = timer()
    const before = windows.get(thing)
    if (before === undefined || now - before.since >= window) {
      windows.set(thing, { since: now, said: 1 })
      return { more: Math.max(0, (before?.said ?? 0) - lines) }
    }
    before.said += 1
    return before.said <= lines ? { more: 0 } : undefined
  }
}
