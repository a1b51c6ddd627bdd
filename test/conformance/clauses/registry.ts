import { expect, type Clause } from '../clause.ts'
import { expectRefusal, tokenOf, type Answer, type TokenServer } from '../token-server.ts'

/** The registry that takes the tokens, or the gateway before it. */

function challengeOf({ headers }: Answer): { readonly [name: string]: string | undefined } {
  const header = headers['www-authenticate'] ?? ''
  expect(/^bearer /i.test(header), `WWW-Authenticate: ${header}`)
  const found = [...header.matchAll(/([a-z_]+)="((?:[^"\\]|\\.)*)"/g)]
  return Object.fromEntries(found.map(([, name = '', value]) => [name, value]))
}

const manifest = (repository: string) => `/v2/${repository}/manifests/no-such-tag`

async function bearer(server: TokenServer, ...scopes: readonly string[]) {
  return `Bearer ${tokenOf(await server.scopes(...scopes))}`
}

const CLAUSES: readonly Omit<Clause, 'feature'>[] = [
  {
    id: 'registry-challenge',
    document: 'token',
    place: 'How to authenticate',
    level: 'MUST',
    demand: 'GET /v2/ without a token is a 401 with a Bearer challenge of realm and service',
    async check(server) {
      const answer = await server.registry('/v2/')
      expectRefusal(answer, 401)
      const { realm, service } = challengeOf(answer)
      expect(realm === server.target.tokenUrl, `realm ${realm}`)
      expect(service === server.target.service, `service ${service}`)
    },
  },
  {
    id: 'registry-challenge-scope',
    document: 'token',
    place: 'How to authenticate',
    level: 'MUST',
    demand: 'the challenge for a manifest names the scope that it needs',
    async check(server) {
      const { scope = '' } = challengeOf(await server.registry(manifest(server.target.own)))
      expect(scope === server.scope('pull'), `scope "${scope}"`)
    },
  },
  {
    id: 'registry-accepts',
    document: 'token',
    place: 'Using the Bearer token',
    level: 'MUST',
    demand: 'a token without any access is good for GET /v2/',
    async check(server) {
      const { status } = await server.registry('/v2/', await bearer(server))
      expect(status === 200, `status ${status}, 200 expected`)
    },
  },
  {
    id: 'registry-own',
    document: 'token',
    place: 'Using the Bearer token',
    level: 'MUST',
    demand: 'a token for the repository opens it',
    async check(server) {
      const token = await bearer(server, server.scope('pull,push'))
      const { status } = await server.registry(manifest(server.target.own), token)
      expect(status === 404, `status ${status}, 404 expected`)
    },
  },
  {
    id: 'registry-foreign',
    document: 'jwt',
    place: 'Using the signed token',
    level: 'MUST',
    demand: 'a token without access to a repository does not open it',
    async check(server) {
      const { foreign } = server.target
      const token = await bearer(server, server.scope('pull'), server.scope('pull', foreign))
      expectRefusal(await server.registry(manifest(foreign), token), 401, 403)
    },
  },
  {
    id: 'registry-scope-insufficient',
    document: 'RFC 6750',
    place: '§3.1',
    level: 'SHOULD',
    demand: 'a token that lacks the scope is told insufficient_scope, and which',
    async check(server) {
      const answer = await server.registry(manifest(server.target.own), await bearer(server))
      expectRefusal(answer, 401, 403)
      const { error, scope } = challengeOf(answer)
      expect(error === 'insufficient_scope', `error ${error}`)
      expect(scope === server.scope('pull'), `scope ${scope}`)
    },
  },
  {
    id: 'registry-garbage',
    document: 'RFC 6750',
    place: '§3.1',
    level: 'MUST',
    demand: 'what is no token is answered 401 with a challenge',
    async check(server) {
      const answer = await server.registry('/v2/', 'Bearer no.such.token')
      expectRefusal(answer, 401)
      challengeOf(answer)
    },
  },
  {
    id: 'registry-changed',
    document: 'jwt',
    place: 'Verifying the token',
    level: 'MUST',
    demand: 'a token with another claim or signature than was signed is refused',
    async check(server) {
      const token = await bearer(server, server.scope('pull'))
      const [header = '', payload = '', signature = ''] = token.split('.')
      const claims = Buffer.from(payload, 'base64url').toString()
      const other = claims.replace('"pull"', '"push"')
      const changed = [
        [header, Buffer.from(other).toString('base64url'), signature],
        [header, payload, `${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`],
        [header, payload],
      ]
      for (const parts of changed) {
        expectRefusal(await server.registry('/v2/', parts.join('.')), 401, 403)
      }
    },
  },
  {
    id: 'registry-query',
    document: 'RFC 6750',
    place: '§2.3, §5.3',
    level: 'SHOULD',
    demand: 'a token in the query is no token',
    async check(server) {
      const token = tokenOf(await server.get())
      const answer = await server.registry(`/v2/?access_token=${token}`)
      expect(answer.status >= 400, `status ${answer.status}`)
    },
  },
  {
    id: 'registry-scheme-case',
    document: 'RFC 9110',
    place: '§11.1',
    level: 'MUST',
    demand: 'the name of the scheme is in any case',
    async check(server) {
      const token = await bearer(server)
      const { status } = await server.registry('/v2/', token.replace('Bearer', 'bearer'))
      expect(status === 200, `status ${status}, 200 expected`)
    },
  },
]

export const REGISTRY_CLAUSES = CLAUSES.map((clause): Clause => ({
  ...clause,
  feature: 'registry',
}))
