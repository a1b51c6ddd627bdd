import { startStack } from '../support/stack.ts'
import { residentMemory } from '../support/process-figures.ts'
import { spread } from './statistics.ts'

/** `rauth serve`, bundled, both halves: from spawn to its line "ready", and its memory then. */
export async function benchStart(): Promise<readonly string[]> {
  const stack = await startStack({ registry: '3', registryAuth: false, envoy: true })
  try {
    const seconds: number[] = []
    const memory: number[] = []
    for (let round = 0; round < 7; round += 1) {
      await stack.killRauth()
      const begin = performance.now()
      const pid = await stack.startRauth()
      seconds.push((performance.now() - begin) / 1000)
      memory.push(residentMemory(pid))
    }
    return [`ready after s  ${spread(seconds, 2)}`, `RSS MiB        ${spread(memory)}`]
  } finally {
    await stack.stop()
  }
}
