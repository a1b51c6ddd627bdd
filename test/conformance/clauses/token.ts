import { expect, type Clause } from '../clause.ts'
import { actionsOn, decode, expectActions, expectRefusal, tokenOf } from '../token-server.ts'

/** "Token Authentication Specification": the GET form of a token request and its answer. */

/** RFC 3339 §5.6, as Go reads it. */
const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/

const PLACE = { request: 'Requesting a Token', response: 'Token Response Fields' } as const

export const TOKEN_CLAUSES: readonly Clause[] = [
  {
    id: 'token-get',
    document: 'token',
    place: PLACE.request,
    level: 'MUST',
    demand: 'a GET with Basic credentials, service and scope gives a token that holds the scope',
    async check(server) {
      const answer = await server.scopes(server.scope('pull,push'))
      expectActions(answer, server.target.own, 'pull', 'push')
    },
  },
  {
    id: 'token-login',
    document: 'token',
    place: PLACE.request,
    level: 'MUST',
    demand: 'no scope at all, as docker login sends, gives a token',
    async check(server) {
      tokenOf(await server.get())
    },
  },
  {
    id: 'token-offline',
    document: 'token',
    place: PLACE.request,
    level: 'MUST',
    demand: 'account, client_id and offline_token=true, as docker login sends, do no harm',
    async check(server) {
      const answer = await server.get([
        ['account', server.target.username],
        ['client_id', 'docker'],
        ['offline_token', 'true'],
      ])
      tokenOf(answer)
    },
  },
  {
    id: 'token-scope-repeated',
    document: 'token',
    place: PLACE.request,
    level: 'MUST',
    demand: 'scope may be given more than once',
    async check(server) {
      const { own } = server.target
      const answer = await server.scopes(server.scope('pull'), server.scope('push'))
      expectActions(answer, own, 'pull', 'push')
    },
  },
  {
    id: 'token-scope-joined',
    document: 'clients',
    place: 'crane, OCI conformance',
    level: 'MUST',
    demand: 'scopes joined by a space in one parameter are as many scopes',
    async check(server) {
      const { own } = server.target
      const answer = await server.scopes(`${server.scope('pull')} ${server.scope('push')}`)
      expectActions(answer, own, 'pull', 'push')
    },
  },
  {
    id: 'token-scope-empty',
    document: 'clients',
    place: 'docker, helm',
    level: 'MUST',
    demand: 'an empty scope is none',
    async check(server) {
      tokenOf(await server.scopes(''))
    },
  },
  {
    id: 'token-intersection',
    document: 'token',
    place: PLACE.request,
    level: 'MUST',
    demand: 'the token holds no action that was not asked for',
    async check(server) {
      expectActions(await server.scopes(server.scope('pull')), server.target.own, 'pull')
    },
  },
  {
    id: 'token-subset',
    document: 'token',
    place: PLACE.request,
    level: 'MUST',
    demand: 'having only a part of what is asked for is no error',
    async check(server) {
      const { own, foreign } = server.target
      const answer = await server.scopes(server.scope('pull'), server.scope('pull,push', foreign))
      expectActions(answer, own, 'pull')
      expectActions(answer, foreign)
    },
  },
  {
    id: 'token-nothing',
    document: 'token',
    place: PLACE.request,
    level: 'MUST',
    demand: 'having nothing of what is asked for is no error, and gives nothing',
    async check(server) {
      const { foreign } = server.target
      expectActions(await server.scopes(server.scope('pull,push', foreign)), foreign)
    },
  },
  {
    id: 'token-password-wrong',
    // The document has "should"; docker, containerd and BuildKit depend on it.
    document: 'token',
    place: PLACE.request,
    level: 'MUST',
    demand: 'credentials that are wrong are answered 401',
    async check(server) {
      expectRefusal(await server.wrongPassword(), 401)
    },
  },
  {
    id: 'token-password-wrong-scope',
    document: 'token',
    place: PLACE.request,
    level: 'MUST',
    demand: 'credentials that are wrong are answered 401 also when a scope is asked for',
    async check(server) {
      const wrong = server.basic(undefined, `${server.target.password}-wrong`)
      expectRefusal(await server.get([['scope', server.scope('pull')]], wrong), 401)
    },
  },
  {
    id: 'token-user-unknown',
    document: 'RFC 9110',
    place: '§17 (and RFC 6749 §10.10)',
    level: 'SHOULD',
    demand: 'a user who does not exist gets the answer that a wrong password gets',
    async check(server) {
      const known = await server.wrongPassword()
      const unknown = await server.get([], server.basic('no-such-user', 'no-such-password'))
      expect(known.status === unknown.status, `${known.status} and ${unknown.status}`)
      const plain = (body: string) => body.replace(/[0-9a-f-]{32,}/g, '')
      expect(plain(known.body) === plain(unknown.body), 'the bodies differ')
    },
  },
  {
    id: 'token-anonymous-private',
    document: 'token',
    place: PLACE.request,
    level: 'MUST',
    demand: 'without credentials there is no access to what is private',
    async check(server) {
      const answer = await server.get([['scope', server.scope('pull')]], null)
      if (answer.status === 200) expectActions(answer, server.target.own)
      else expectRefusal(answer, 401)
    },
  },
  {
    id: 'token-account-other',
    document: 'token',
    place: PLACE.request,
    level: 'MUST',
    demand: 'account never makes a token of somebody else',
    async check(server) {
      const answer = await server.get([['account', 'no-such-user']])
      if (answer.status !== 200) {
        expectRefusal(answer)
        return
      }
      expect(decode(tokenOf(answer)).claims['sub'] !== 'no-such-user', 'sub is the account')
    },
  },
  {
    id: 'token-service-unknown',
    document: 'RFC 8725',
    place: '§3.9',
    level: 'SHOULD',
    demand: 'no token is made for a service that the server does not serve',
    async check(server) {
      const answer = await server.getRaw([['service', 'no-such-service']], server.basic())
      expectRefusal(answer)
    },
  },
  {
    id: 'token-parameter-unknown',
    document: 'RFC 6749',
    place: '§3.2',
    level: 'MUST',
    demand: 'a parameter that is not known is ignored',
    async check(server) {
      const answer = await server.get([
        ['scope', server.scope('pull')],
        ['no_such_parameter', 'x'],
      ])
      expectActions(answer, server.target.own, 'pull')
    },
  },
  {
    id: 'token-type',
    document: 'RFC 6749',
    place: '§5.1',
    level: 'MUST',
    demand: 'the answer is JSON and says so',
    async check(server) {
      const answer = await server.get()
      const type = answer.headers['content-type'] ?? 'nothing'
      expect(/^application\/json\b/i.test(type), `Content-Type: ${type}`)
      expect(answer.json !== undefined, 'no JSON object')
    },
  },
  {
    id: 'token-field',
    document: 'token',
    place: PLACE.response,
    level: 'MUST',
    demand: 'token or access_token is there',
    async check(server) {
      tokenOf(await server.get())
    },
  },
  {
    id: 'token-fields-both',
    document: 'clients',
    place: 'docker and OAuth clients read access_token, older ones token',
    level: 'SHOULD',
    demand: 'token and access_token are both there and the same',
    async check(server) {
      const { json } = await server.get()
      expect(typeof json?.['token'] === 'string', 'no token')
      expect(json['token'] === json['access_token'], 'access_token is not the same')
    },
  },
  {
    id: 'token-expires-in',
    document: 'token',
    place: PLACE.response,
    level: 'MUST',
    demand: 'expires_in is a whole number, if it is there',
    async check(server) {
      const { json } = await server.get()
      const life = json?.['expires_in'] ?? 60
      expect(Number.isInteger(life), `expires_in: ${JSON.stringify(life)}`)
    },
  },
  {
    id: 'token-expires-in-there',
    document: 'clients',
    place: 'containerd takes a token without for one that never expires',
    level: 'SHOULD',
    demand: 'expires_in is there',
    async check(server) {
      expect((await server.get()).json?.['expires_in'] !== undefined, 'no expires_in')
    },
  },
  {
    id: 'token-expires-in-60',
    document: 'token',
    place: PLACE.response,
    level: 'SHOULD',
    demand: 'a token lives for 60 seconds at least',
    async check(server) {
      const answer = await server.get()
      const said = Number(answer.json?.['expires_in'] ?? 60)
      expect(said >= 60, `expires_in: ${said}`)
      const left = Number(decode(tokenOf(answer)).claims['exp']) - Date.now() / 1000
      expect(left > 55, `exp is ${Math.round(left)} s away`)
    },
  },
  {
    id: 'token-expires-in-true',
    document: 'token',
    place: PLACE.response,
    level: 'MUST',
    demand:
      'expires_in, or the 60 seconds that its absence means, is not longer than the token lives',
    async check(server) {
      const answer = await server.get()
      const said = Number(answer.json?.['expires_in'] ?? 60)
      const left = Number(decode(tokenOf(answer)).claims['exp']) - Date.now() / 1000
      expect(said <= left + 5, `${said} s are told, ${Math.round(left)} s are left`)
    },
  },
  {
    id: 'token-issued-at',
    document: 'token',
    place: PLACE.response,
    level: 'MUST',
    demand: 'issued_at is an RFC 3339 time of now, if it is there',
    async check(server) {
      const issued = (await server.get()).json?.['issued_at']
      if (issued === undefined) return
      expect(typeof issued === 'string' && RFC3339.test(issued), JSON.stringify(issued))
      const off = Math.abs(Date.parse(issued) - Date.now()) / 1000
      expect(off < 60, `${Math.round(off)} s off`)
    },
  },
  {
    id: 'token-issued-at-there',
    document: 'clients',
    place: 'BuildKit and containers/image count from it',
    level: 'SHOULD',
    demand: 'issued_at is there',
    async check(server) {
      expect((await server.get()).json?.['issued_at'] !== undefined, 'no issued_at')
    },
  },
  {
    id: 'token-no-refresh-unasked',
    // crane sends one that it got for ever after, by POST.
    document: 'token',
    place: PLACE.response,
    level: 'MUST',
    demand: 'no refresh_token comes unasked',
    async check(server) {
      const answer = await server.scopes(server.scope('pull'))
      expect(answer.json?.['refresh_token'] === undefined, 'there is one')
    },
  },
  {
    id: 'token-no-store',
    document: 'RFC 6749',
    place: '§5.1',
    level: 'SHOULD',
    demand: 'Cache-Control: no-store keeps tokens out of caches',
    async check(server) {
      const { headers } = await server.get()
      expect(/\bno-store\b/i.test(headers['cache-control'] ?? ''), 'it is not there')
    },
  },
  {
    id: 'token-password-in-query',
    document: 'RFC 6749',
    place: '§2.3.1',
    level: 'SHOULD',
    demand: 'a user name and a password in the query do not authenticate',
    async check(server) {
      const { username, password, own } = server.target
      const pairs = [
        ['username', username],
        ['account', username],
        ['password', password],
        ['scope', server.scope('pull')],
      ] as const
      const answer = await server.get(pairs, null)
      if (answer.status === 200) expect(actionsOn(answer, own).length === 0, 'they do')
    },
  },
  {
    id: 'token-error-json',
    document: 'clients',
    place: 'docker, crane, containers/image print it',
    level: 'SHOULD',
    demand: 'a 401 is JSON with errors[].code and errors[].message',
    async check(server) {
      const answer = await server.wrongPassword()
      const type = answer.headers['content-type'] ?? 'nothing'
      expect(/^application\/json\b/i.test(type), `Content-Type: ${type}`)
      const [first] = (answer.json?.['errors'] ?? []) as readonly Record<string, unknown>[]
      const right = typeof first?.['code'] === 'string' && typeof first['message'] === 'string'
      expect(right, 'no errors in it')
    },
  },
  {
    id: 'token-many-scopes',
    document: 'clients',
    place: 'crane copy, containerd with mounts',
    level: 'MUST',
    demand: 'ten scopes at once are not too many',
    async check(server) {
      const others = Array.from({ length: 9 }, (_, i) =>
        server.scope('pull', `${server.target.own}-${i}`),
      )
      const answer = await server.scopes(...others, server.scope('pull'))
      expectActions(answer, server.target.own, 'pull')
      expect(tokenOf(answer).length < 8000, 'the token does not fit in a header of 8 KiB')
    },
  },
]
