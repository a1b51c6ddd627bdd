import { ask, basic } from '../http.ts'
import { SERVICE, type Serving } from '../serving.ts'
import { partsOf } from './account-tokens.ts'

export interface Access {
  readonly name: string
  readonly actions: readonly string[]
}

/** What a login gives; nothing but its status if that is not 200. */
export interface Answer {
  readonly status: number
  readonly access: readonly Access[]
  readonly claims: Readonly<Record<string, unknown>>
}

/** Asks for a token with that of a ServiceAccount as the password, as docker (GET) or containerd (POST) does. */
export async function loginAs(
  rauth: Serving,
  scopes: readonly string[],
  password: string,
  method: 'GET' | 'POST' = 'GET',
): Promise<Answer> {
  const query = new URLSearchParams({ service: SERVICE })
  for (const one of scopes) query.append('scope', one)
  const form = `${query.toString()}&grant_type=password&client_id=containerd&username=sa&password=${password}`
  const answer =
    method === 'GET'
      ? await ask(rauth.token, `/token?account=sa&${query.toString()}`, {
          headers: { authorization: basic('sa', password) },
        })
      : await ask(rauth.token, '/token', {
          method,
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
          body: form,
        })
  if (answer.status !== 200) return { status: answer.status, access: [], claims: {} }
  const { access_token: made } = JSON.parse(answer.body) as { access_token: string }
  const [, claims] = partsOf(made)
  return { status: 200, access: claims['access'] as readonly Access[], claims }
}

/** How many requests the API server answered so far. */
export async function requestsOf(rauth: Serving): Promise<number> {
  const { body } = await ask(rauth.operations, '/metrics')
  return [...body.matchAll(/^rauth_kubernetes_requests_total\{.*\} (\d+)$/gm)].reduce(
    (sum, [, count]) => sum + Number(count),
    0,
  )
}
