/** Resolves with the first signal that asks the program to stop; a second one ends it at once. */
export function stopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    const signals = ['SIGTERM', 'SIGINT'] as const
    for (const signal of signals) {
      process.once(signal, () => {
        for (const other of signals) process.removeAllListeners(other)
        resolve(signal)
      })
    }
  })
}
