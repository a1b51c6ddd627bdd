/** Reads something again, whenever asked to. */
export interface Reloads {
  /** Soon: after the load that is under way, once for all that asked meanwhile. */
  request(): void
  /** The first load, which others wait for, and which throws to whoever asked for it. */
  first(load: () => Promise<void>): Promise<void>
  close(): void
}

/** Loads follow one another; changes during one lead to one more. What they throw goes to `onError`. */
export function createReloads(
  load: () => Promise<void>,
  onError: (thrown: unknown) => void,
): Reloads {
  let loads = Promise.resolve()
  let waiting = false
  let closed = false
  return {
    request() {
      if (waiting || closed) return
      waiting = true
      loads = loads
        .then(() => {
          waiting = false
          return closed ? undefined : load()
        })
        .catch(onError)
    },
    first(start) {
      const first = start()
      loads = first.catch(() => undefined)
      return first
    },
    close() {
      closed = true
    },
  }
}
