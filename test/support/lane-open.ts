import { digestPath } from './fast-lane.ts'
import { ask, fetchToken } from './http.ts'
import type { Stack } from './stack.ts'
import { until } from './until.ts'

type Laned = Pick<Stack, 'entry' | 'token' | 'operations' | 'service' | 'login'>

/** How often the gateway was asked. */
export async function gatewayAsked({ operations }: Pick<Stack, 'operations'>): Promise<number> {
  const { body } = await ask(operations, '/metrics')
  return [...body.matchAll(/^rauth_decisions_total\{[^}]*half="gateway"[^}]*\} (\d+)$/gm)]
    .map(([, count]) => Number(count))
    .reduce((sum, count) => sum + count, 0)
}

/** Waits until Envoy has the keys, which it fetches beside its first requests: a read by digest is asked about no more. */
export async function untilLaneOpen(stack: Laned): Promise<void> {
  const name = 'team-a/app'
  await until('the lane', 20_000, async () => {
    const login = stack.login('team-a')
    const token = await fetchToken(stack.token, login, stack.service, `repository:${name}:pull`)
    const before = await gatewayAsked(stack)
    await ask(stack.entry, digestPath(name), { headers: { authorization: `Bearer ${token}` } })
    return (await gatewayAsked(stack)) === before
  })
}
