import { expect, NotOffered, type Clause } from '../clause.ts'
import { expectActions, expectRefusal, tokenOf, type TokenServer } from '../token-server.ts'

/** Refresh tokens, as both documents of distribution and the clients have them. */

async function refreshed(server: TokenServer, refreshToken: string, scope: string) {
  return server.post(server.refreshForm(refreshToken, [['scope', scope]]))
}

const CLAUSES: readonly Omit<Clause, 'feature'>[] = [
  {
    id: 'refresh-get',
    document: 'token',
    place: 'Requesting a Token (offline_token)',
    level: 'MUST',
    demand: 'offline_token=true gives a refresh token beside the token',
    async check(server) {
      await server.refreshToken()
    },
  },
  {
    id: 'refresh-post',
    document: 'oauth',
    place: 'Post parameters (access_type)',
    level: 'MUST',
    demand: 'access_type=offline gives a refresh token beside the token',
    async check(server) {
      const answer = await server.postGrant([['access_type', 'offline']])
      tokenOf(answer)
      const token = answer.json?.['refresh_token']
      if (typeof token !== 'string') throw new NotOffered('no refresh_token')
    },
  },
  {
    id: 'refresh-grant',
    document: 'oauth',
    place: 'Post parameters (grant_type)',
    level: 'MUST',
    demand: 'a refresh token gives an access_token that holds the scope',
    async check(server) {
      const token = await server.refreshToken()
      const answer = await refreshed(server, token, server.scope('pull'))
      expect(typeof answer.json?.['access_token'] === 'string', `status ${answer.status}`)
      expectActions(answer, server.target.own, 'pull')
    },
  },
  {
    id: 'refresh-grant-again',
    document: 'oauth',
    place: 'Response fields (refresh_token)',
    level: 'MUST',
    demand: 'a refresh token works again, for another scope',
    async check(server) {
      const token = await server.refreshToken()
      tokenOf(await refreshed(server, token, ''))
      const answer = await refreshed(server, token, server.scope('pull,push'))
      expectActions(answer, server.target.own, 'pull', 'push')
    },
  },
  {
    id: 'refresh-grant-same',
    document: 'oauth',
    place: 'Post parameters (access_type)',
    level: 'MUST',
    demand: 'a refresh grant gives the same refresh token back, or none',
    async check(server) {
      const token = await server.refreshToken()
      const given = (await refreshed(server, token, '')).json?.['refresh_token']
      expect(given === undefined || given === token, 'another')
    },
  },
  {
    id: 'refresh-grant-foreign',
    document: 'RFC 6749',
    place: '§6',
    level: 'MUST',
    demand: 'a refresh token opens nothing that the user may not have',
    async check(server) {
      const token = await server.refreshToken()
      const { foreign } = server.target
      expectActions(await refreshed(server, token, server.scope('pull', foreign)), foreign)
    },
  },
  {
    id: 'refresh-basic',
    document: 'clients',
    place: 'BuildKit, containerd',
    level: 'SHOULD',
    demand: 'a refresh token works as the password of an empty user name in a GET',
    async check(server) {
      const token = await server.refreshToken()
      const answer = await server.get([['scope', server.scope('pull')]], server.basic('', token))
      expectActions(answer, server.target.own, 'pull')
    },
  },
  {
    id: 'refresh-service',
    document: 'oauth',
    place: 'Post parameters (service)',
    level: 'MUST',
    demand: 'a refresh token is good for its service alone',
    async check(server) {
      const token = await server.refreshToken()
      const form = server
        .refreshForm(token)
        .map(([name, value]) => [name, name === 'service' ? 'no-such-service' : value] as const)
      expectRefusal(await server.post(form))
    },
  },
  {
    id: 'refresh-changed',
    document: 'RFC 6749',
    place: '§10.4',
    level: 'MUST',
    demand: 'a refresh token with one character changed is none',
    async check(server) {
      const token = await server.refreshToken()
      const changedAt = (at: number) =>
        `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`
      for (const changed of [
        token.slice(0, -1),
        `${token}A`,
        // Of the last one, some bits may mean nothing in base64url.
        changedAt(token.length - 2),
        changedAt(Math.floor(token.length / 2)),
      ]) {
        expectRefusal(await refreshed(server, changed, ''), 400, 401)
      }
    },
  },
  {
    id: 'refresh-not-access',
    document: 'RFC 8725',
    place: '§3.11, §3.12',
    level: 'MUST',
    demand: 'an access token is no refresh token',
    async check(server) {
      await server.refreshToken()
      const access = tokenOf(await server.scopes(server.scope('pull')))
      expectRefusal(await refreshed(server, access, ''), 400, 401)
    },
  },
  {
    id: 'refresh-not-bearer',
    document: 'RFC 8725',
    place: '§3.11, §3.12',
    level: 'MUST',
    demand: 'a refresh token is no access token: the registry refuses it',
    async check(server) {
      const token = await server.refreshToken()
      expectRefusal(await server.registry('/v2/', `Bearer ${token}`), 401)
    },
  },
]

export const REFRESH_CLAUSES = CLAUSES.map((clause): Clause => ({ ...clause, feature: 'refresh' }))
