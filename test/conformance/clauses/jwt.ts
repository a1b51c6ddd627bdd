import { expect, type Clause } from '../clause.ts'
import { decode, tokenOf, type TokenServer } from '../token-server.ts'

/** "Token Authentication Implementation": what is in a token, where it is a JWT. */

async function decoded(server: TokenServer, actions = 'pull,push') {
  return decode(tokenOf(await server.scopes(server.scope(actions))))
}

/** What distribution 2.8 or 3 takes without a setting of its own. */
const ALGORITHMS = /^(RS|PS|ES)(256|384|512)$|^EdDSA$/

const HEADERS = 'Getting a Bearer Token, Headers'
const CLAIMS = 'Getting a Bearer Token, Claim Set'

export const JWT_CLAUSES: readonly Clause[] = [
  {
    id: 'jwt-compact',
    document: 'RFC 7515',
    place: '§3.1, §2',
    level: 'MUST',
    demand: 'three parts in base64url without padding',
    async check(server) {
      const token = tokenOf(await server.scopes(server.scope('pull')))
      decode(token)
      expect(/^[\w-]+\.[\w-]+\.[\w-]+$/.test(token), 'other characters')
    },
  },
  {
    id: 'jwt-typ',
    document: 'jwt',
    place: HEADERS,
    level: 'SHOULD',
    demand: 'typ is JWT',
    async check(server) {
      const { typ } = (await decoded(server)).header
      expect(typ === 'JWT', JSON.stringify(typ))
    },
  },
  {
    id: 'jwt-alg',
    document: 'jwt',
    place: HEADERS,
    level: 'MUST',
    demand: 'alg is one of public keys',
    async check(server) {
      const { alg } = (await decoded(server)).header
      expect(typeof alg === 'string' && ALGORITHMS.test(alg), JSON.stringify(alg))
    },
  },
  {
    id: 'jwt-kid',
    document: 'jwt',
    place: HEADERS,
    level: 'MUST',
    demand: 'kid says which key',
    async check(server) {
      const { kid } = (await decoded(server)).header
      expect(typeof kid === 'string' && kid !== '', `kid: ${JSON.stringify(kid)}`)
    },
  },
  {
    id: 'jwt-iss',
    document: 'jwt',
    place: CLAIMS,
    level: 'MUST',
    demand: 'iss is there',
    async check(server) {
      const { iss } = (await decoded(server)).claims
      expect(typeof iss === 'string' && iss !== '', JSON.stringify(iss))
    },
  },
  {
    id: 'jwt-sub',
    document: 'jwt',
    place: CLAIMS,
    level: 'MUST',
    demand: 'sub is who asked',
    async check(server) {
      const { sub } = (await decoded(server)).claims
      expect(sub === server.target.username, JSON.stringify(sub))
    },
  },
  {
    id: 'jwt-aud',
    document: 'jwt',
    place: CLAIMS,
    level: 'MUST',
    demand: 'aud is the service, and a text: distribution 2.8 reads no list',
    async check(server) {
      const { aud } = (await decoded(server)).claims
      expect(aud === server.target.service, JSON.stringify(aud))
    },
  },
  {
    id: 'jwt-times',
    document: 'RFC 7519',
    place: '§4.1.4–4.1.6',
    level: 'MUST',
    demand: 'exp is in the future; nbf and iat, if there, are not; all are whole numbers',
    async check(server) {
      const now = Date.now() / 1000
      const { exp, nbf = 0, iat = 0 } = (await decoded(server)).claims
      expect([exp, nbf, iat].every(Number.isInteger), JSON.stringify({ exp, nbf, iat }))
      expect(Number(exp) > now, 'exp is over')
      expect(Number(nbf) < now + 5 && Number(iat) < now + 5, 'nbf or iat is to come')
    },
  },
  {
    id: 'jwt-times-there',
    document: 'jwt',
    place: CLAIMS,
    level: 'SHOULD',
    demand: 'nbf and iat are there',
    async check(server) {
      const { nbf, iat } = (await decoded(server)).claims
      expect(nbf !== undefined && iat !== undefined, 'one is not')
    },
  },
  {
    id: 'jwt-jti',
    document: 'jwt',
    place: CLAIMS,
    level: 'MUST',
    demand: 'jti is there, and another in a token that says something else',
    async check(server) {
      // The same again may be the same token.
      const tokens = [await decoded(server), await decoded(server, 'pull')]
      const ids = tokens.map(({ claims }) => claims['jti'])
      expect(typeof ids[0] === 'string' && ids[0] !== '', JSON.stringify(ids[0]))
      expect(ids[0] !== ids[1], 'twice the same')
    },
  },
  {
    id: 'jwt-access',
    document: 'jwt',
    place: CLAIMS,
    level: 'MUST',
    demand: 'access is a list of type, name and a list of actions',
    async check(server) {
      const { access } = await decoded(server)
      expect(access.length > 0, 'it is empty')
      for (const { type, name, actions } of access) {
        const right =
          typeof type === 'string' &&
          typeof name === 'string' &&
          Array.isArray(actions) &&
          actions.every((action) => typeof action === 'string')
        expect(right, JSON.stringify({ type, name, actions }))
      }
    },
  },
  {
    id: 'jwt-access-login',
    document: 'jwt',
    place: CLAIMS,
    level: 'MUST',
    demand: 'without a scope access is an empty list, or not there',
    async check(server) {
      const { access } = decode(tokenOf(await server.get()))
      expect(access.length === 0, JSON.stringify(access))
    },
  },
]
