import { expect, type Clause } from '../clause.ts'
import { decode, expectActions, expectRefusal, tokenOf } from '../token-server.ts'

/** Repositories that everyone may pull: "Whether the token server requires authentication is up to the policy". */
const CLAUSES: readonly Omit<Clause, 'feature'>[] = [
  {
    id: 'anonymous-pull',
    document: 'token',
    place: 'Example',
    level: 'MUST',
    demand: 'without credentials a public repository can be pulled',
    async check(server) {
      const name = server.publicRepository()
      const answer = await server.get([['scope', server.scope('pull', name)]], null)
      expectActions(answer, name, 'pull')
    },
  },
  {
    id: 'anonymous-pull-only',
    document: 'token',
    place: 'Example',
    level: 'MUST',
    demand: 'without credentials nothing but pull is granted',
    async check(server) {
      const name = server.publicRepository()
      const scope = server.scope('pull,push,delete', name)
      expectActions(await server.get([['scope', scope]], null), name, 'pull')
    },
  },
  {
    id: 'anonymous-beside-private',
    document: 'token',
    place: 'Example',
    level: 'MUST',
    demand: 'a private repository asked for beside a public one is not granted, and no error',
    async check(server) {
      const name = server.publicRepository()
      const pairs = [
        ['scope', server.scope('pull', name)],
        ['scope', server.scope('pull')],
      ] as const
      const answer = await server.get(pairs, null)
      expectActions(answer, name, 'pull')
      expectActions(answer, server.target.own)
    },
  },
  {
    id: 'anonymous-sub',
    document: 'jwt',
    place: 'Getting a Bearer Token, Claim Set',
    level: 'MUST',
    demand: 'sub of an anonymous token is empty',
    async check(server) {
      const name = server.publicRepository()
      const answer = await server.get([['scope', server.scope('pull', name)]], null)
      const { sub } = decode(tokenOf(answer)).claims
      expect(sub === '' || sub === undefined, JSON.stringify(sub))
    },
  },
  {
    id: 'anonymous-nobody',
    document: 'clients',
    place: 'OCI conformance',
    level: 'MUST',
    demand: 'an empty user name with an empty password is the same as no credentials',
    async check(server) {
      const name = server.publicRepository()
      const pairs = [['scope', server.scope('pull', name)]] as const
      expectActions(await server.get(pairs, server.basic('', '')), name, 'pull')
    },
  },
  {
    id: 'anonymous-wrong-password',
    document: 'token',
    place: 'Example',
    level: 'MUST',
    demand: 'wrong credentials are refused for a public repository too, not taken for none',
    async check(server) {
      const pairs = [['scope', server.scope('pull', server.publicRepository())]] as const
      expectRefusal(await server.get(pairs, server.basic(undefined, 'no-such-password')), 401)
    },
  },
  {
    id: 'anonymous-user',
    document: 'token',
    place: 'Example',
    level: 'MUST',
    demand: 'a user may pull what everyone may',
    async check(server) {
      const name = server.publicRepository()
      expectActions(await server.scopes(server.scope('pull', name)), name, 'pull')
    },
  },
  {
    id: 'anonymous-registry',
    document: 'token',
    place: 'Using the Bearer token',
    level: 'MUST',
    demand: 'the registry takes an anonymous token for the public repository',
    async check(server) {
      const name = server.publicRepository()
      const answer = await server.get([['scope', server.scope('pull', name)]], null)
      const path = `/v2/${name}/manifests/no-such-tag`
      const { status } = await server.registry(path, `Bearer ${tokenOf(answer)}`)
      expect(status === 404, `status ${status}, 404 expected`)
    },
  },
]

export const ANONYMOUS_CLAUSES = CLAUSES.map((clause): Clause => ({
  ...clause,
  feature: 'anonymous',
}))
