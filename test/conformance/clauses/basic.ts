import { expect, type Clause } from '../clause.ts'
import { actionsOn, expectActions, expectRefusal } from '../token-server.ts'

/** RFC 7617 and RFC 9110: how a client says who it is. */
export const BASIC_CLAUSES: readonly Clause[] = [
  {
    id: 'basic-case',
    document: 'RFC 9110',
    place: '§11.1',
    level: 'MUST',
    demand: 'the name of the scheme is in any case',
    async check(server) {
      for (const scheme of ['basic', 'BASIC']) {
        const authorization = server.basic().replace('Basic', scheme)
        const answer = await server.get([['scope', server.scope('pull')]], authorization)
        expectActions(answer, server.target.own, 'pull')
      }
    },
  },
  {
    id: 'basic-challenge',
    document: 'RFC 9110',
    place: '§15.5.2',
    level: 'MUST',
    demand: 'a 401 has a WWW-Authenticate header',
    async check(server) {
      const answer = await server.wrongPassword()
      expectRefusal(answer, 401)
      expect((answer.headers['www-authenticate'] ?? '') !== '', 'it has none')
    },
  },
  {
    id: 'basic-challenge-realm',
    document: 'RFC 7617',
    place: '§2',
    level: 'MUST',
    demand: 'a Basic challenge has a realm in quotes',
    async check(server) {
      const answer = await server.wrongPassword()
      const challenge = answer.headers['www-authenticate'] ?? ''
      if (!/^basic\b/i.test(challenge)) return
      expect(/^basic +([^,]*, *)?realm="[^"]*"/i.test(challenge), challenge)
    },
  },
  {
    id: 'basic-malformed',
    document: 'RFC 7617',
    place: '§2',
    level: 'SHOULD',
    demand: 'what is no Basic value is refused, and not taken for nobody',
    async check(server) {
      const { username } = server.target
      const values = [
        'Basic',
        'Basic !!!!',
        `Basic ${Buffer.from(username).toString('base64')}`,
        'Bearer x',
      ]
      for (const value of values) {
        const answer = await server.get([['scope', server.scope('pull')]], value)
        expect(answer.status !== 200, `"${value}" is answered 200`)
        expectRefusal(answer)
      }
    },
  },
  {
    id: 'basic-control',
    document: 'RFC 7617',
    place: '§2',
    level: 'MUST',
    demand: 'control characters in a user name or a password are refused',
    async check(server) {
      const { username, password } = server.target
      for (const [user, secret] of [
        [`${username}\0`, password],
        [username, `${password}\n`],
        [username, `${password}\0`],
      ]) {
        expectRefusal(await server.get([], server.basic(user, secret)))
      }
    },
  },
  {
    id: 'basic-nobody',
    document: 'clients',
    place: 'OCI conformance sends it when it has no credentials',
    level: 'MUST',
    demand: 'an empty user name with an empty password is nobody, with access to nothing private',
    async check(server) {
      const answer = await server.get([['scope', server.scope('pull')]], server.basic('', ''))
      if (answer.status !== 200) expectRefusal(answer, 401)
      else expect(actionsOn(answer, server.target.own).length === 0, 'private access')
    },
  },
  {
    id: 'basic-password-alone',
    document: 'clients',
    place: 'BuildKit, containerd send a refresh token so, and go on after a 401 alone',
    level: 'MUST',
    demand: 'an empty user name with a wrong password is answered 401, and is not nobody',
    async check(server) {
      expectRefusal(await server.get([], server.basic('', 'no-such-refresh-token')), 401)
    },
  },
  {
    id: 'basic-two',
    document: 'RFC 9110',
    place: '§5.3',
    level: 'SHOULD',
    demand: 'two credentials in one header are refused, whichever is right',
    async check(server) {
      const wrong = server.basic('no-such-user', 'x')
      for (const both of [`${server.basic()}, ${wrong}`, `${wrong}, ${server.basic()}`]) {
        expectRefusal(await server.get([], both))
      }
    },
  },
]
