import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

/** Below the range that the kernel gives to outgoing connections, so that none can take it. */
const LOWEST = 20_000
const HIGHEST = 32_000

/** Whether nothing listens on this port of the loopback address. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => {
      resolve(false)
    })
    probe.listen({ host: '127.0.0.1', port }, () => {
      probe.close(() => {
        resolve(true)
      })
    })
  })
}

/** A port that is free now. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(LOWEST, HIGHEST)
    if (await isFree(port)) return port
  }
}

/** This port when it is free, else another. */
export async function portNear(preferred: number): Promise<number> {
  return (await isFree(preferred)) ? preferred : freePort()
}
