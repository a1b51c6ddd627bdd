/** How long a load may take before it is spoken of, ms: a file system that hangs says nothing itself. */
const PATIENCE = 10_000

/** Loads of one thing that follow one another. */
export interface Reloads {
  /**
   * The load at the start, or `start` in its place: rejects as that does, and when it takes too long.
   * Called once, before any request.
   */
  readonly first: (start?: () => Promise<void>) => Promise<void>
  /** Asks for a load after the one that runs; until it begins, further requests are the same one. */
  readonly request: () => void
  /** No load begins any more, and nothing is told. */
  readonly close: () => void
}

/**
 * Loads, one at a time. What fails is told and ends nothing: the next request loads again. A read of a
 * file system that hangs can be neither ended nor overtaken, as each one more would hold one more of the
 * few threads that read files: it is told once, requests during it remain one, and that one follows when
 * the file system answers again.
 */
export function createReloads(
  load: () => Promise<void>,
  onError: (error: unknown) => void,
  patience = PATIENCE,
): Reloads {
  let last = Promise.resolve()
  let waiting = false
  let closed = false

  function tell(error: unknown): void {
    if (!closed) onError(error)
  }

  /** Calls `onLate` if a load takes too long. */
  async function timed(running: Promise<void>, onLate: (error: Error) => void): Promise<void> {
    const timer = setTimeout(() => {
      onLate(new Error(`no answer within ${patience / 1000} s: its file system hangs`))
    }, patience)
    timer.unref()
    try {
      await running
    } finally {
      clearTimeout(timer)
    }
  }

  return {
    first(start = load) {
      const running = start()
      last = running.catch(() => undefined)
      return new Promise((resolve, reject) => {
        timed(running, reject).then(resolve, reject)
      })
    },
    request() {
      if (waiting || closed) return
      waiting = true
      last = last
        .then(() => {
          waiting = false
          return closed ? undefined : timed(load(), tell)
        })
        .catch(tell)
    },
    close() {
      closed = true
    },
  }
}
