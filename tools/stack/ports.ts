import { randomInt } from 'node:crypto'
import { connect, createServer } from 'node:net'

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

/**
 * Whether somebody listens on this port of the loopback address. Unlike `isFree` it takes the port from
 * nobody who is about to.
 */
export function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect({ host: '127.0.0.1', port })
    probe.once('error', () => {
      resolve(false)
    })
    probe.once('connect', () => {
      probe.destroy()
      resolve(true)
    })
  })
}

/**
 * A port that is free now and that no other process of this machine is given as long as this one runs:
 * test files run side by side, and what is to listen there may take seconds to start.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(LOWEST, HIGHEST)
    // Claimed first: the look whether it is free takes the port for a moment.
    if ((await claim(port)) && (await isFree(port))) return port
  }
}

/**
 * Whether the port is now this process's own to give, which ends with the process. The claim is a name
 * without a file (abstract, unix(7)): nothing is left behind by whoever is killed. Names like that
 * exist on Linux alone; elsewhere nobody is kept out.
 */
function claim(port: number): Promise<boolean> {
  if (process.platform !== 'linux') return Promise.resolve(true)
  return new Promise((resolve) => {
    const claims = createServer().unref()
    claims.once('error', () => {
      resolve(false)
    })
    claims.listen(`\0rauth-port-${port}`, () => {
      resolve(true)
    })
  })
}

/** Gives ports that are free now and that it gave to nobody before; the preferred one if it is. */
export function createPortPicker(taken: readonly number[]): (preferred: number) => Promise<number> {
  const given = new Set(taken)
  return async (preferred) => {
    let port = preferred
    while (given.has(port) || !(await isFree(port))) port = await freePort()
    given.add(port)
    return port
  }
}
