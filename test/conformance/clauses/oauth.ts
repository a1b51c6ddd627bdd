import { expect, type Clause } from '../clause.ts'
import {
  actionsOn,
  ask,
  expectActions,
  expectRefusal,
  hasNoPost,
  tokenOf,
  type Answer,
  type TokenServer,
} from '../token-server.ts'

/** "Oauth2 Token Authentication": the POST form of a token request. */

const PLACE = { post: 'Post parameters', response: 'Response fields' } as const

/** A form that must be refused, after a good one that shows that there are forms at all. */
async function refusalOf(
  server: TokenServer,
  send: () => Promise<Answer>,
  ...statuses: readonly number[]
) {
  await server.postGrant()
  const answer = await send()
  expectRefusal(answer, ...statuses)
  return answer
}

const FORM_CLAUSES: readonly Omit<Clause, 'feature'>[] = [
  {
    id: 'oauth-password',
    document: 'oauth',
    place: PLACE.post,
    level: 'MUST',
    demand: 'a password grant gives an access_token that holds the scope',
    async check(server) {
      const answer = await server.postGrant([['scope', server.scope('pull,push')]])
      expect(answer.status === 200, `status ${answer.status}, 200 expected`)
      expect(typeof answer.json?.['access_token'] === 'string', 'no access_token')
      expectActions(answer, server.target.own, 'pull', 'push')
    },
  },
  {
    id: 'oauth-charset',
    document: 'clients',
    place: 'containerd',
    level: 'MUST',
    demand: 'a charset behind the media type of the form does no harm',
    async check(server) {
      await server.postGrant()
      const type = 'application/x-www-form-urlencoded; charset=utf-8'
      tokenOf(await server.post(server.passwordForm(), { 'content-type': type }))
    },
  },
  {
    id: 'oauth-scope-none',
    document: 'oauth',
    place: PLACE.post,
    level: 'MUST',
    demand: 'scope may be missing or empty, as at a login',
    async check(server) {
      tokenOf(await server.postGrant())
      tokenOf(await server.postGrant([['scope', '']]))
    },
  },
  {
    id: 'oauth-scope-list',
    document: 'oauth',
    place: PLACE.post,
    level: 'MUST',
    demand: 'scope is a list with spaces between',
    async check(server) {
      const { own, foreign } = server.target
      const list = [server.scope('pull'), server.scope('push'), server.scope('pull', foreign)]
      const answer = await server.postGrant([['scope', list.join(' ')]])
      expectActions(answer, own, 'pull', 'push')
      expectActions(answer, foreign)
    },
  },
  {
    id: 'oauth-scope-repeated',
    document: 'clients',
    place: 'containers/image',
    level: 'SHOULD',
    demand: 'scope may be given more than once in a form too',
    async check(server) {
      const answer = await server.postGrant([
        ['scope', server.scope('pull')],
        ['scope', server.scope('push')],
      ])
      expectActions(answer, server.target.own, 'pull', 'push')
    },
  },
  {
    id: 'oauth-scope-told',
    document: 'oauth',
    place: PLACE.response,
    level: 'MUST',
    demand: 'scope of the answer is what was granted',
    async check(server) {
      const { own, foreign } = server.target
      const list = `${server.scope('pull')} ${server.scope('pull', foreign)}`
      const { json } = await server.postGrant([['scope', list]])
      const told = json?.['scope']
      expect(typeof told === 'string', 'no scope')
      expect(told.includes(own) && !told.includes(foreign), `"${told}"`)
    },
  },
  {
    id: 'oauth-expires-in',
    document: 'oauth',
    place: PLACE.response,
    level: 'MUST',
    demand: 'expires_in is there, and a whole number',
    async check(server) {
      const life = (await server.postGrant()).json?.['expires_in']
      expect(Number.isInteger(life), `expires_in: ${JSON.stringify(life)}`)
    },
  },
  {
    id: 'oauth-token-type',
    document: 'RFC 6749',
    place: '§5.1',
    level: 'SHOULD',
    demand: 'token_type is Bearer',
    async check(server) {
      const type = (await server.postGrant()).json?.['token_type']
      expect(
        typeof type === 'string' && /^bearer$/i.test(type),
        `token_type: ${JSON.stringify(type)}`,
      )
    },
  },
  {
    id: 'oauth-no-store',
    document: 'RFC 6749',
    place: '§5.1',
    level: 'MUST',
    demand: 'Cache-Control: no-store keeps the answer out of caches',
    async check(server) {
      const { headers } = await server.postGrant()
      expect(/\bno-store\b/i.test(headers['cache-control'] ?? ''), 'it is not there')
    },
  },
  {
    id: 'oauth-refresh-unasked',
    document: 'oauth',
    place: PLACE.response,
    level: 'MUST',
    demand: 'no refresh_token comes without access_type=offline',
    async check(server) {
      const { json } = await server.postGrant()
      expect(json?.['refresh_token'] === undefined, 'there is one')
    },
  },
  {
    id: 'oauth-offline',
    document: 'oauth',
    place: PLACE.post,
    level: 'MUST',
    demand: 'access_type=offline does no harm where there are no refresh tokens',
    async check(server) {
      tokenOf(await server.postGrant([['access_type', 'offline']]))
    },
  },
  {
    id: 'oauth-password-wrong',
    document: 'RFC 6749',
    place: '§5.2',
    level: 'MUST',
    demand: 'a wrong password is refused, with 400 or 401',
    async check(server) {
      const form = server.passwordForm([['scope', server.scope('pull')]], 'no-such-password')
      await refusalOf(server, () => server.post(form), 400, 401)
    },
  },
  {
    id: 'oauth-error',
    document: 'RFC 6749',
    place: '§5.2',
    level: 'MUST',
    demand: 'a refusal is JSON with an error in it',
    async check(server) {
      const { json } = await refusalOf(server, () => server.wrongGrant())
      expect(typeof json?.['error'] === 'string', 'no error')
    },
  },
  {
    id: 'oauth-error-docker',
    document: 'clients',
    place: 'docker prints "no error details found" without',
    level: 'SHOULD',
    demand: 'a refusal of a form has errors[] too',
    async check(server) {
      const { json } = await refusalOf(server, () => server.wrongGrant())
      expect(Array.isArray(json?.['errors']), 'no errors')
    },
  },
  {
    id: 'oauth-grant-missing',
    document: 'RFC 6749',
    place: '§3.2, §5.2 (invalid_request)',
    level: 'MUST',
    demand: 'a form without grant_type is refused with 400',
    async check(server) {
      const form = server.passwordForm().filter(([name]) => name !== 'grant_type')
      await refusalOf(server, () => server.post(form), 400)
    },
  },
  {
    id: 'oauth-grant-unknown',
    document: 'RFC 6749',
    place: '§5.2 (unsupported_grant_type)',
    level: 'MUST',
    demand: 'a grant_type that is not known is refused with 400',
    async check(server) {
      const form = server
        .passwordForm()
        .map(([name, value]) => [name, name === 'grant_type' ? 'no_such' : value] as const)
      await refusalOf(server, () => server.post(form), 400)
    },
  },
  {
    id: 'oauth-grant-twice',
    document: 'RFC 6749',
    place: '§3.2',
    level: 'MUST',
    demand: 'no parameter but scope may be there twice',
    async check(server) {
      const form = server.passwordForm([['username', 'no-such-user']])
      await refusalOf(server, () => server.post(form))
    },
  },
  {
    id: 'oauth-refresh-garbage',
    document: 'RFC 6749',
    place: '§5.2 (invalid_grant)',
    level: 'MUST',
    demand: 'what is no refresh token is refused, and not taken for nobody',
    async check(server) {
      const form = server.refreshForm('no-such-token', [['scope', server.scope('pull')]])
      await refusalOf(server, () => server.post(form), 400, 401)
    },
  },
  {
    id: 'oauth-credentials-in-query',
    document: 'RFC 6749',
    place: '§4.3.2, §2.3.1',
    level: 'SHOULD',
    demand: 'a user name and a password in the query of a POST do not authenticate',
    async check(server) {
      await server.postGrant()
      const { tokenUrl, username, password, service, own } = server.target
      const url = new URL(tokenUrl)
      for (const [name, value] of [
        ['username', username],
        ['password', password],
      ] as const) {
        url.searchParams.set(name, value)
      }
      const form = { grant_type: 'password', service, scope: server.scope('pull') }
      const answer = await ask(url, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams(form).toString(),
      })
      if (answer.status === 200) expect(actionsOn(answer, own).length === 0, 'they do')
    },
  },
  {
    id: 'oauth-form-only',
    document: 'RFC 6749',
    place: '§3.2, appendix B',
    level: 'SHOULD',
    demand: 'a body that says it is JSON is not read as a form',
    async check(server) {
      const type = { 'content-type': 'application/json' }
      await refusalOf(server, () => server.post(server.passwordForm(), type))
    },
  },
]

export const OAUTH_CLAUSES: readonly Clause[] = [
  {
    id: 'oauth-or-get',
    document: 'clients',
    place: 'containerd, helm, crane go on with GET',
    level: 'MUST',
    demand: 'a server without POST says so with 404 or 405',
    async check(server) {
      const answer = await server.post(server.passwordForm())
      const right = answer.status === 200 || (hasNoPost(answer) && answer.status !== 501)
      expect(right, `status ${answer.status}`)
    },
  },
  ...FORM_CLAUSES.map((clause): Clause => ({ ...clause, feature: 'post' })),
]
