import type { Login } from '../stack/secret-manifest.ts'
import type { Stack } from '../stack/stack.ts'

/**
 * Logs in and asks the registry, as a client would: the answer 200 comes from the registry itself,
 * through Envoy and past the gateway. Throws with the first answer that is not as it should be.
 */
export async function firstRequest(
  stack: Stack,
  { username, password }: Login,
  signal: AbortSignal,
): Promise<void> {
  const basic = Buffer.from(`${username}:${password}`, 'utf8').toString('base64')
  const tokenUrl = `${stack.realm}?service=${encodeURIComponent(stack.service)}`
  const granted = await fetch(tokenUrl, { headers: { authorization: `Basic ${basic}` }, signal })
  if (granted.status !== 200) throw await wrong(tokenUrl, granted)
  const { token } = (await granted.json()) as { token: string }
  const url = `http://${stack.registry}/v2/`
  const answer = await fetch(url, { headers: { authorization: `Bearer ${token}` }, signal })
  if (answer.status !== 200) throw await wrong(url, answer)
  await answer.arrayBuffer()
}

async function wrong(url: string, answer: Response): Promise<Error> {
  return new Error(`${url} answered ${answer.status}: ${(await answer.text()).slice(0, 500)}`)
}
