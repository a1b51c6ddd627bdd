import type { Pipe } from '../../../src/serve/workers/channel.ts'

/** The two ends of a pipe, by structured clone as that between two processes. */
export function createPipes(): readonly [Pipe, Pipe] {
  const takers: ((message: unknown) => void)[][] = [[], []]
  const end = (own: number): Pipe => ({
    send(message) {
      const sent: unknown = structuredClone(message)
      setImmediate(() => {
        for (const take of takers[1 - own] ?? []) take(sent)
      })
    },
    onMessage: (take) => void takers[own]?.push(take),
  })
  return [end(0), end(1)]
}
