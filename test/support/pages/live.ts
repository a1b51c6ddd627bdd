import { ask, basic, fetchToken } from '../http.ts'
import type { ReadersCluster } from './readers-cluster.ts'

/** A client of the reader's registry, through Envoy, as one namespace. */
export interface Live {
  password(namespace: string): Promise<string>
  token(namespace: string): Promise<string>
  /** A refresh token, as `docker login` keeps one. */
  refreshToken(namespace: string): Promise<string>
  /** What a refresh token is answered. */
  refresh(token: string): Promise<number>
  /** What a token that may pull is answered by the registry. */
  tags(token: string, namespace: string, port?: number): Promise<number>
}

export function liveAt({ cluster, port }: ReadersCluster): Live {
  const service = `localhost:${String(port)}`
  async function password(namespace: string): Promise<string> {
    const secret = `/api/v1/namespaces/${namespace}/secrets/registry-credentials`
    const data = (await cluster.api.expect('GET', secret))['data'] as { password: string }
    return Buffer.from(data.password, 'base64').toString()
  }
  return {
    password,
    async token(namespace) {
      const login = { username: namespace, password: await password(namespace) }
      return fetchToken(port, login, service, `repository:${namespace}/app:pull`)
    },
    async refreshToken(namespace) {
      const headers = { authorization: basic(namespace, await password(namespace)) }
      const path = `/token?service=${service}&offline_token=true`
      const { body } = await ask(port, path, { headers })
      const { refresh_token: token } = JSON.parse(body) as { refresh_token?: string }
      if (token === undefined) throw new Error(`no refresh token: ${body}`)
      return token
    },
    async refresh(token) {
      const form = { grant_type: 'refresh_token', service, client_id: 'test', refresh_token: token }
      const headers = { 'content-type': 'application/x-www-form-urlencoded' }
      const body = new URLSearchParams(form).toString()
      return (await ask(port, '/token', { method: 'POST', headers, body })).status
    },
    async tags(token, namespace, at = port) {
      const headers = { authorization: `Bearer ${token}` }
      return (await ask(at, `/v2/${namespace}/app/tags/list`, { headers })).status
    },
  }
}
