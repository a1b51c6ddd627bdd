/** Times are milliseconds. */
export interface RechecksOptions {
  readonly first: number
  readonly every: number
  /** Whether the watch can go on after it. */
  readonly list: () => Promise<boolean>
  /** It can't: the API server is at an older state than before. */
  readonly onGoneBack: () => void
  /** How long until the next try. */
  readonly onFailure: (error: unknown) => number
  readonly signal: AbortSignal
}

/** Lists beside a watch when it is time. Gives what ends that. */
export function startRechecks(options: RechecksOptions): () => void {
  const { signal, every, list, onGoneBack, onFailure } = options
  let next: NodeJS.Timeout | undefined
  function schedule(wait: number): void {
    if (signal.aborted) return
    next = setTimeout(() => {
      list().then(
        (goesOn) => {
          if (goesOn) schedule(every)
          else onGoneBack()
        },
        (error: unknown) => {
          if (!signal.aborted) schedule(onFailure(error))
        },
      )
    }, wait)
  }
  schedule(options.first)
  return () => {
    clearTimeout(next)
  }
}
