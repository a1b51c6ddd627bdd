import { httpGet, type GetAnswer } from '../stack/http-get.ts'
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
  const granted = await httpGet(tokenUrl, { headers: { authorization: `Basic ${basic}` }, signal })
  if (granted.status !== 200) throw wrong(`the login of ${username}`, tokenUrl, granted)
  const { token } = JSON.parse(granted.body) as { token: string }
  const url = `http://${stack.registry}/v2/`
  const answer = await httpGet(url, { headers: { authorization: `Bearer ${token}` }, signal })
  if (answer.status !== 200) throw wrong('the first request', url, answer)
}

function wrong(what: string, url: string, { status, body }: GetAnswer): Error {
  return new Error(`${what} failed: ${url} answered ${status}: ${body.slice(0, 500)}`)
}
