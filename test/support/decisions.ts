import type { DecisionEvent } from '../../src/event.ts'
import { ask } from './http.ts'
import type { Stack } from './stack.ts'
import { until } from './until.ts'

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
  const before = await mark(stack)
  await done()
  const after = await mark(stack)
  const decisions = await decisionsOf(stack)
  const placeOf = (requested: string) => decisions.findIndex((one) => one.requested === requested)
  return decisions.slice(placeOf(before) + 1, placeOf(after)).filter(({ half }) => half === 'token')
}

/**
 * What a request of this function's own asked for, once that is in the log: it need not be the last there, as a client
 * that is gone may have left something under way.
 */
async function mark(stack: Stack): Promise<string> {
  marks += 1
  const requested = `repository:mark/${String(marks)}:pull`
  await ask(stack.token, `/token?service=${stack.service}&scope=${requested}`)
  await until(`${requested} in the log`, 20_000, async () =>
    (await decisionsOf(stack)).some((one) => one.requested === requested),
  )
  return requested
}
