/** Resolves once the signal is aborted, also when it was before: the event of that is over. */
export function untilAborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve(undefined)
    } else {
      signal.addEventListener('abort', () => {
        resolve(undefined)
      })
    }
  })
}
