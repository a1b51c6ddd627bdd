/** What is asked for, or a rejection when the signal ends it: also while something goes on that no signal ends. */
export function endingWith<T>(signal: AbortSignal, asked: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => {
      reject(new Error('too late'))
    })
    asked.then(resolve, reject)
  })
}
