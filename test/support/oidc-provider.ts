import { createHash, randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair } from 'jose'
import { Provider, type JWK } from 'oidc-provider'

/** A real OIDC provider on loopback, of which anybody may have any identity token. */
export interface IdentityProvider {
  readonly issuer: string
  /** What its tokens are for. */
  readonly audience: string
  /** An ID token with these claims, by the authorization code flow with PKCE, as its own page does. */
  idToken(claims: Readonly<Record<string, unknown>>): Promise<string>
  close(): Promise<void>
}

const REDIRECT = 'https://client.test/callback'

/** `lifetime` of the ID tokens, seconds; `claims`: names that they may have. */
export async function startIdentityProvider(
  lifetime: number,
  claims: readonly string[],
): Promise<IdentityProvider> {
  const audience = 'registry.example'
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const { privateKey } = await generateKeyPair('RS256', { extractable: true })
  const said = new Map<string, Readonly<Record<string, unknown>>>()
  const provider = new Provider(issuer, {
    clients: [
      {
        ...{ client_id: audience, redirect_uris: [REDIRECT], response_types: ['code'] },
        ...{ grant_types: ['authorization_code'], token_endpoint_auth_method: 'none' },
      },
    ],
    jwks: { keys: [{ ...((await exportJWK(privateKey)) as JWK), kid: 'one', use: 'sig' }] },
    claims: { openid: ['sub', ...claims] },
    conformIdTokenClaims: false,
    ttl: { IdToken: lifetime, AccessToken: 60, AuthorizationCode: 60, Interaction: 60, Grant: 60, Session: 60 }, // prettier-ignore
    findAccount: (_, accountId) => ({
      accountId,
      claims: () => ({ ...said.get(accountId), sub: accountId }),
    }),
  })
  // It says on standard error that all this is for development, which it is.
  const callback = provider.callback()
  server.on('request', (request, response) => void callback(request, response))

  async function idToken(wanted: Readonly<Record<string, unknown>>): Promise<string> {
    const login = randomBytes(8).toString('hex')
    said.set(login, wanted)
    const verifier = randomBytes(32).toString('base64url')
    const query = new URLSearchParams({
      ...{ client_id: audience, redirect_uri: REDIRECT, response_type: 'code', scope: 'openid' },
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
    })
    const code = await authorize(`${issuer}/auth?${query.toString()}`, login)
    const answer = await fetch(`${issuer}/token`, {
      method: 'POST',
      body: new URLSearchParams({
        ...{ grant_type: 'authorization_code', client_id: audience, code },
        ...{ redirect_uri: REDIRECT, code_verifier: verifier },
      }),
    })
    const { id_token: token } = (await answer.json()) as { id_token?: string }
    return token ?? Promise.reject(new Error(`no ID token: ${answer.status}`))
  }

  return {
    ...{ issuer, audience, idToken },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => {
          resolve()
        })
      }),
  }
}

/** Goes through the pages of the provider as a browser would, to the code. */
async function authorize(start: string, login: string): Promise<string> {
  const cookies = new Map<string, string>()
  let url = start
  for (let step = 0; step < 12; step += 1) {
    const isPage = url.includes('/interaction/')
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const page = isPage ? await (await fetch(url, { headers: { cookie } })).text() : ''
    const answer = await fetch(url, {
      ...{ redirect: 'manual', headers: { cookie } },
      ...(isPage
        ? {
            method: 'POST',
            body: new URLSearchParams(
              page.includes('value="login"')
                ? { prompt: 'login', login, password: 'any' }
                : { prompt: 'consent' },
            ),
          }
        : {}),
    })
    for (const text of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(text) ?? []
      cookies.set(name, value)
    }
    url = new URL(answer.headers.get('location') ?? '', url).href
    const code = url.startsWith(REDIRECT) ? new URL(url).searchParams.get('code') : null
    if (code !== null) return code
    if (url.startsWith(REDIRECT)) break
  }
  throw new Error(`no code: ${url}`)
}
