import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  readTokenForm,
  readTokenRequest,
} from '../../../../src/adapters/token-http/token-request.ts'
import type { TokenRequest } from '../../../../src/issue-token.ts'
import type { Reason, Result } from '../../../../src/refusal.ts'
import { basic } from '../../../support/http.ts'

const TEAM_A = basic('team-a', 'secret')
const scopes = (count: number) =>
  Array.from({ length: count }, (_, i) => `repository:team-a/app-${i + 100}:pull`)
const repeated = (count: number) => `service=r&scope=${scopes(count).join('&scope=')}`
const joined = (count: number) => `service=r&scope=${scopes(count).join('+')}`

/** What was read, as a table can show it: nothing is left out that is not as usual. */
function shown(result: Result<TokenRequest>) {
  if (!result.ok) return result.refusal.reason
  const { service, requested, presented, account, offline } = result.value
  return {
    service,
    scope: requested.map(({ type, name, actions }) => `${type}:${name}:${actions.join(',')}`),
    ...(presented.kind === 'password'
      ? { basic: [presented.basic.username, presented.basic.password.reveal()] }
      : {}),
    ...(presented.kind === 'refresh' ? { refresh: presented.token.reveal() } : {}),
    ...(account === '' ? {} : { account }),
    ...(offline ? { offline } : {}),
  }
}

interface Expected {
  service?: string
  scope?: readonly string[]
  basic?: readonly [string, string]
  refresh?: string
  account?: string
  offline?: true
}

const read = (query: string, ...authorization: readonly string[]) =>
  shown(readTokenRequest(query, authorization))

const READ: readonly (readonly [
  what: string,
  query: string,
  expected: Expected,
  authorization?: readonly string[],
])[] = [
  ['docker login: no scope', 'account=team-a&client_id=docker&offline_token=true&service=r', { basic: ['team-a', 'secret'], account: 'team-a', offline: true }], // prettier-ignore
  ['docker pull', 'account=team-a&scope=repository%3Ateam-a%2Fapp%3Apull&service=r', { scope: ['repository:team-a/app:pull'], basic: ['team-a', 'secret'], account: 'team-a' }], // prettier-ignore
  ['containerd: repeated scopes', 'scope=repository%3Aa%2Fb%3Apull&scope=repository%3Ac%2Fd%3Apull&service=r', { scope: ['repository:a/b:pull', 'repository:c/d:pull'], basic: ['team-a', 'secret'] }], // prettier-ignore
  ['crane: scopes in one value', 'scope=repository:a/b:push,pull+repository:c/d:pull&service=r', { scope: ['repository:a/b:pull,push', 'repository:c/d:pull'], basic: ['team-a', 'secret'] }], // prettier-ignore
  ['both ways at once, merged', 'scope=repository:a/b:pull%20repository:c/d:pull&scope=repository:a/b:push&service=r', { scope: ['repository:a/b:pull,push', 'repository:c/d:pull'], basic: ['team-a', 'secret'] }], // prettier-ignore
  ['an empty scope', 'service=r&scope=', { basic: ['team-a', 'secret'] }],
  ['a port in the name', 'service=r&scope=repository:localhost:5000/a/b:pull', { scope: ['repository:localhost:5000/a/b:pull'], basic: ['team-a', 'secret'] }], // prettier-ignore
  ['a plugin', 'service=r&scope=repository(plugin):a/b:pull', { scope: ['repository:a/b:pull'], basic: ['team-a', 'secret'] }], // prettier-ignore
  ['32 scopes', repeated(32), { scope: scopes(32), basic: ['team-a', 'secret'] }],
  ['no service, for the flow to refuse', '', { service: '', basic: ['team-a', 'secret'] }],
  ['an empty account', 'service=r&account=', { basic: ['team-a', 'secret'] }],
  ['a user name beyond ASCII', 'service=r&account=%C3%A9', { basic: ['é', 'secret'], account: 'é' }, [basic('é', 'secret')]], // prettier-ignore
  ['unknown names', 'service=r&foo=bar&foo=baz&Service=x&token=x', { basic: ['team-a', 'secret'] }],
  ['names of every object', 'service=r&__proto__=x&constructor=x&hasOwnProperty=x&toString=x', { basic: ['team-a', 'secret'] }], // prettier-ignore
  ["somebody else's account, for the flow to refuse", 'service=r&account=team-b', { basic: ['team-a', 'secret'], account: 'team-b' }], // prettier-ignore
  ['an account without credentials, likewise', 'service=r&account=team-a', { account: 'team-a' }, []], // prettier-ignore
  ['an account with a space after it, likewise', 'service=r&account=team-a+', { basic: ['team-a', 'secret'], account: 'team-a ' }], // prettier-ignore
  ['BuildKit: a refresh token as the password of nobody', 'service=r&scope=repository:a/b:pull', { scope: ['repository:a/b:pull'], refresh: 'a.b.c' }, [basic('', 'a.b.c')]], // prettier-ignore
  ['a refresh token with colons', 'service=r', { refresh: ':a:' }, [basic('', ':a:')]],
  ['an offline_token that is not true', 'service=r&offline_token=1', { basic: ['team-a', 'secret'] }], // prettier-ignore
  ['access_type, which is for forms', 'service=r&access_type=offline', { basic: ['team-a', 'secret'] }], // prettier-ignore
  ['nobody', 'service=r', {}, []],
  ['nobody, as the conformance suite puts it', 'service=r', {}, ['Basic Og==']],
  ['nobody with an empty account', 'service=r&account=', {}, []],
]

const REFUSED: readonly (readonly [
  what: string,
  reason: Reason,
  query: string,
  authorization?: readonly string[],
])[] = [
  ['the service twice', 'parameters_malformed', 'service=r&service=other'],
  ['the same service twice', 'parameters_malformed', 'service=r&service=r'],
  ['the service twice, once escaped', 'parameters_malformed', 'service=r&servic%65=other'],
  ['the account twice', 'parameters_malformed', 'service=r&account=team-a&account=team-b'],
  [
    'offline_token twice',
    'parameters_malformed',
    'service=r&offline_token=true&offline_token=true',
  ],
  ['a bad escape', 'parameters_malformed', 'service=r&scope=%zz'],
  ['a semicolon', 'parameters_malformed', 'service=r;x'],
  ['a long query', 'headers_too_large', `service=r&x=${'y'.repeat(8192)}`],
  ['33 scopes', 'scope_malformed', repeated(33)],
  ['33 scopes in one value', 'scope_malformed', joined(33)],
  ['a scope of 513 characters', 'scope_malformed', `service=r&scope=repository:${'a'.repeat(497)}:pull`], // prettier-ignore
  ['no scope', 'scope_malformed', 'service=r&scope=x'],
  ['a password', 'credentials_in_query', 'service=r&password=x'],
  ['an empty password', 'credentials_in_query', 'service=r&password'],
  ['a password in other letters', 'credentials_in_query', 'service=r&PassWord=x'],
  ['an escaped password', 'credentials_in_query', 'service=r&p%61ssword=x'],
  ['a refresh token', 'credentials_in_query', 'service=r&refresh_token=x'],
  ['an access token', 'credentials_in_query', 'service=r&access_token=x'],
  ['a client secret', 'credentials_in_query', 'service=r&client_secret=x'],
  ['two Authorization headers', 'credentials_malformed', 'service=r', [TEAM_A, basic('team-b', 'x')]], // prettier-ignore
  ['the same Authorization twice', 'credentials_malformed', 'service=r', [TEAM_A, TEAM_A]],
  ['an empty Authorization after a good one', 'credentials_malformed', 'service=r', [TEAM_A, '']],
  ['two that were joined', 'credentials_malformed', 'service=r', [`${TEAM_A}, ${TEAM_A}`]],
  ['an empty Authorization', 'credentials_malformed', 'service=r', ['']],
  ['a Bearer', 'credentials_malformed', 'service=r', ['Bearer abc']],
  ['an Authorization of 4097 characters', 'credentials_malformed', 'service=r', [`Basic ${'A'.repeat(4091)}`]], // prettier-ignore
]

describe('readTokenRequest', () => {
  for (const [what, query, expected, authorization = [TEAM_A]] of READ) {
    it(`reads ${what}`, () => {
      assert.deepEqual(read(query, ...authorization), {
        service: 'r',
        scope: [],
        ...expected,
      })
    })
  }

  for (const [what, reason, query, authorization = [TEAM_A]] of REFUSED) {
    it(`refuses ${what}`, () => {
      assert.equal(read(query, ...authorization), reason)
    })
  }

  it('keeps what was sent out of what is logged', () => {
    const secret = 'canary-7f3a'
    for (const [query, header] of [
      [`password=${secret}`, TEAM_A],
      [`service=${secret}&service=r`, TEAM_A],
      [`service=r&scope=${secret}`, TEAM_A],
    ] as const) {
      const result = readTokenRequest(query, [header])
      assert.ok(!result.ok)
      assert.doesNotMatch(JSON.stringify(result), new RegExp(secret))
    }
  })
})

const PASSWORD = 'grant_type=password&username=team-a&password=secret&service=r'
const REFRESH = 'grant_type=refresh_token&refresh_token=a.b.c&service=r'
const WITH_PASSWORD: Expected = { basic: ['team-a', 'secret'] }
const WITH_REFRESH: Expected = { refresh: 'a.b.c', offline: true }
const SCOPE = 'repository%3Aa%2Fb%3Apull'
const SCOPES = ['repository:a/b:pull', 'repository:c/d:pull,push']

/** As the clients spell it, protocol.md §2. */
const FORMS: readonly (readonly [
  what: string,
  form: string,
  expected: Expected,
  authorization?: readonly string[],
])[] = [
  ['containerd: password', `client_id=containerd-client&grant_type=password&password=secret&scope=${SCOPE}+repository%3Ac%2Fd%3Apull%2Cpush&service=r&username=team-a`, { ...WITH_PASSWORD, scope: SCOPES }], // prettier-ignore
  ['containerd: identity token', `client_id=containerd-client&grant_type=refresh_token&refresh_token=a.b.c&scope=${SCOPE}&service=r`, { ...WITH_REFRESH, scope: SCOPES.slice(0, 1) }], // prettier-ignore
  ['docker: refresh, with an empty scope', 'client_id=docker&grant_type=refresh_token&refresh_token=a.b.c&scope=&service=r', WITH_REFRESH], // prettier-ignore
  ['docker: login', 'access_type=offline&client_id=docker&grant_type=password&password=secret&scope=&service=r&username=team-a', { ...WITH_PASSWORD, offline: true }], // prettier-ignore
  ['BuildKit: fallback', `client_id=buildkit-client&grant_type=password&password=secret&scope=${SCOPE}&service=r&username=team-a`, { ...WITH_PASSWORD, scope: SCOPES.slice(0, 1) }], // prettier-ignore
  ['crane: refresh', `client_id=go-containerregistry&grant_type=refresh_token&refresh_token=a.b.c&scope=${SCOPE}&service=r`, { ...WITH_REFRESH, scope: SCOPES.slice(0, 1) }], // prettier-ignore
  ['containers/image: repeated scopes', `client_id=containers%2Fimage&grant_type=refresh_token&refresh_token=a.b.c&scope=${SCOPE}&scope=repository%3Ac%2Fd%3Apull%2Cpush&service=r`, { ...WITH_REFRESH, scope: SCOPES }], // prettier-ignore
  ['helm registry login: no scope', 'client_id=oras-go&grant_type=password&password=secret&service=r&username=team-a', WITH_PASSWORD], // prettier-ignore
  ['oras: refresh', `client_id=oras-go&grant_type=refresh_token&refresh_token=a.b.c&scope=${SCOPE}&service=r`, { ...WITH_REFRESH, scope: SCOPES.slice(0, 1) }], // prettier-ignore
  ['an offline_token', `${PASSWORD}&offline_token=true`, { ...WITH_PASSWORD, offline: true }],
  ['access_type=online', `${PASSWORD}&access_type=online`, WITH_PASSWORD],
  ['an account', `${PASSWORD}&account=team-b`, { ...WITH_PASSWORD, account: 'team-b' }],
  ['an empty password', 'grant_type=password&username=team-a&password=&service=r', { basic: ['team-a', ''] }], // prettier-ignore
  [
    'an empty user name',
    'grant_type=password&username=&password=x&service=r',
    { basic: ['', 'x'] },
  ],
  ['an empty refresh token', 'grant_type=refresh_token&refresh_token&service=r', { refresh: '', offline: true }], // prettier-ignore
  ['a password with every sign', 'grant_type=password&username=team-a&service=r&password=%3A+%26%3D%2B%25%C3%A9', { basic: ['team-a', ': &=+%é'] }], // prettier-ignore
  ['what the other grant would need, besides', `${PASSWORD}&refresh_token=x`, WITH_PASSWORD],
  ['unknown names', `${PASSWORD}&__proto__=x&constructor=x&foo=x&foo=y`, WITH_PASSWORD],
  ['the credentials in the header too', PASSWORD, WITH_PASSWORD, [TEAM_A]],
  ['the refresh token in the header too', REFRESH, WITH_REFRESH, [basic('', 'a.b.c')]],
  ['nobody in the header', PASSWORD, WITH_PASSWORD, ['Basic Og==']],
  ['no service, for the flow to refuse', PASSWORD.replace('&service=r', ''), { ...WITH_PASSWORD, service: '' }], // prettier-ignore
]

const REFUSED_FORMS: readonly (readonly [
  what: string,
  reason: Reason,
  form: string,
  authorization?: readonly string[],
  query?: string,
])[] = [
  ['nothing', 'form_incomplete', ''],
  ['no grant_type', 'form_incomplete', 'username=team-a&password=secret&service=r'],
  ['no grant_type, credentials in the header', 'form_incomplete', 'service=r', [TEAM_A]],
  ['no username', 'form_incomplete', 'grant_type=password&password=secret&service=r'],
  ['no password', 'form_incomplete', 'grant_type=password&username=team-a&service=r'],
  ['no password, credentials in the header', 'form_incomplete', 'grant_type=password&service=r', [TEAM_A]], // prettier-ignore
  ['no refresh_token', 'form_incomplete', 'grant_type=refresh_token&service=r'],
  ['no refresh_token, one in the header', 'form_incomplete', 'grant_type=refresh_token&service=r', [basic('', 'a.b.c')]], // prettier-ignore
  ['a query', 'form_incomplete', PASSWORD, [], 'scope=repository:a/b:pull'],
  [
    'a query with the service',
    'form_incomplete',
    PASSWORD.replace('&service=r', ''),
    [],
    'service=r',
  ],
  ['a password in the query', 'credentials_in_query', PASSWORD, [], 'password=secret'],
  ['all in the query', 'credentials_in_query', '', [], PASSWORD],
  ['a refresh token in the query', 'credentials_in_query', REFRESH, [], 'refresh_token=x'],
  ['a malformed query', 'parameters_malformed', PASSWORD, [], '%zz'],
  ...['', 'Password', 'client_credentials', 'authorization_code', 'urn:x', 'password '].map(
    (type) =>
      [`grant_type ${JSON.stringify(type)}`, 'grant_type_unsupported', `grant_type=${encodeURIComponent(type)}&username=team-a&password=secret&service=r`] as const, // prettier-ignore
  ),
  ...[
    'grant_type=password',
    'username=team-a',
    'password=secret',
    'service=r',
    'account=a&account=a',
    'access_type=a&access_type=a',
    'offline_token=a&offline_token=a',
  ].map(
    // prettier-ignore
    (twice) => [`twice ${twice}`, 'parameters_malformed', `${PASSWORD}&${twice}`] as const,
  ),
  ['two refresh tokens', 'parameters_malformed', `${REFRESH}&refresh_token=d.e.f`],
  ['a bad escape', 'parameters_malformed', `${PASSWORD}&x=%zz`],
  ['a bad scope', 'scope_malformed', `${PASSWORD}&scope=x`],
  ['33 scopes', 'scope_malformed', `${PASSWORD}&scope=${scopes(33).join('&scope=')}`],
  ['too much', 'request_too_large', `${PASSWORD}&x=${'y'.repeat(16 * 1024)}`],
  ['another password in the header', 'credentials_conflicting', PASSWORD, [basic('team-a', 'x')]],
  ['another user in the header', 'credentials_conflicting', PASSWORD, [basic('team-b', 'secret')]],
  ['a client in the header', 'credentials_conflicting', PASSWORD, [basic('client', '')]],
  ['a refresh token in the header', 'credentials_conflicting', PASSWORD, [basic('', 'secret')]],
  ['a password beside a refresh token', 'credentials_conflicting', REFRESH, [basic('team-a', 'a.b.c')]], // prettier-ignore
  ['another refresh token in the header', 'credentials_conflicting', REFRESH, [basic('', 'd.e.f')]],
  ['two Authorization headers', 'credentials_malformed', PASSWORD, [TEAM_A, TEAM_A]],
  ['a Bearer', 'credentials_malformed', PASSWORD, ['Bearer x']],
  ['an empty Authorization', 'credentials_malformed', PASSWORD, ['']],
]

describe('readTokenForm', () => {
  for (const [what, form, expected, authorization = []] of FORMS) {
    it(`reads ${what}`, () => {
      const all = { service: 'r', scope: [], ...expected }
      assert.deepEqual(shown(readTokenForm(form, '', authorization)), all)
    })
  }

  for (const [what, reason, form, authorization = [], query = ''] of REFUSED_FORMS) {
    it(`refuses ${what}`, () => {
      assert.equal(shown(readTokenForm(form, query, authorization)), reason)
    })
  }

  it('keeps what was sent out of what is logged', () => {
    const secret = 'canary-7f3a'
    for (const [form, query, header] of [
      [PASSWORD, `password=${secret}`, []],
      [PASSWORD, `x=${secret}`, []],
      [`${PASSWORD}&password=${secret}`, '', []],
      [`${PASSWORD}&scope=${secret}`, '', []],
      [`grant_type=${secret}`, '', []],
      [PASSWORD, '', [basic(secret, secret)]],
    ] as const) {
      const result = readTokenForm(form, query, header)
      assert.ok(!result.ok)
      assert.doesNotMatch(JSON.stringify(result), new RegExp(secret))
    }
  })
})
