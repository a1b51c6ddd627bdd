import { setTimeout as sleep } from 'node:timers/promises'
import type { DecisionEvent } from '../../src/event.ts'
import { ask } from './http.ts'
import type { Stack } from './stack.ts'

/** In order; a line that is not whole yet is left out. */
async function decisionsOf(stack: Stack): Promise<readonly DecisionEvent[]> {
  const lines = (await stack.rauthLog()).split('\n').slice(0, -1)
  return lines
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as DecisionEvent & { msg?: string })
    .filter(({ msg }) => msg === 'decision')
}

let marks = 0

/** The token requests that came while something was done. */
export async function tokenRequestsOf(
  stack: Stack,
  done: () => Promise<unknown>,
): Promise<readonly DecisionEvent[]> {
  const before = (await loggedUpToNow(stack)).length
  await done()
  const after = await loggedUpToNow(stack)
  return after.slice(before, -1).filter(({ half }) => half === 'token')
}

/** What comes to the log last is a request of this function's own. */
async function loggedUpToNow(stack: Stack): Promise<readonly DecisionEvent[]> {
  marks += 1
  const mark = `repository:mark/${String(marks)}:pull`
  await ask(stack.token, `/token?service=${stack.service}&scope=${mark}`)
  const limit = performance.now() + 10_000
  for (;;) {
    const decisions = await decisionsOf(stack)
    if (decisions.at(-1)?.requested === mark) return decisions
    if (performance.now() > limit) throw new Error(`${mark} did not come to the log`)
    await sleep(10)
  }
}
