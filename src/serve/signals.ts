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

export interface HangUps {
  /** Calls back at each SIGHUP from now on, and once for all that came before. */
  follow(callBack: () => void): void
}

/** SIGHUP, which would end the program, from now on asks it to read its configuration again. */
export function onHangUp(): HangUps {
  let came = false
  let callBack = () => {
    came = true
  }
  process.on('SIGHUP', () => {
    callBack()
  })
  return {
    follow(next) {
      callBack = next
      if (came) next()
    },
  }
}
