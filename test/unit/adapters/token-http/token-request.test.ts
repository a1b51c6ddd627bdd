import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readTokenRequest } from '../../../../src/adapters/token-http/token-request.ts'
import type { Reason } from '../../../../src/refusal.ts'
import { basic } from '../../../support/http.ts'

const TEAM_A = basic('team-a', 'secret')
const scopes = (count: number) =>
  Array.from({ length: count }, (_, i) => `repository:team-a/app-${i + 100}:pull`)
const repeated = (count: number) => `service=r&scope=${scopes(count).join('&scope=')}`
const joined = (count: number) => `service=r&scope=${scopes(count).join('+')}`

/** What was read, as a table can show it. */
function read(query: string, ...authorization: readonly string[]) {
  const result = readTokenRequest(query, authorization)
  if (!result.ok) return result.refusal.reason
  const { service, requested, basic } = result.value
  return {
    service,
    scope: requested.map(({ type, name, actions }) => `${type}:${name}:${actions.join(',')}`),
    basic: basic && [basic.username, basic.password.reveal()],
  }
}

const READ: readonly (readonly [
  what: string,
  query: string,
  expected: { service?: string; scope?: readonly string[]; basic?: readonly [string, string] },
  authorization?: readonly string[],
])[] = [
  ['docker login: no scope', 'account=team-a&client_id=docker&offline_token=true&service=r', { basic: ['team-a', 'secret'] }], // prettier-ignore
  ['docker pull', 'account=team-a&scope=repository%3Ateam-a%2Fapp%3Apull&service=r', { scope: ['repository:team-a/app:pull'], basic: ['team-a', 'secret'] }], // prettier-ignore
  ['containerd: repeated scopes', 'scope=repository%3Aa%2Fb%3Apull&scope=repository%3Ac%2Fd%3Apull&service=r', { scope: ['repository:a/b:pull', 'repository:c/d:pull'], basic: ['team-a', 'secret'] }], // prettier-ignore
  ['crane: scopes in one value', 'scope=repository:a/b:push,pull+repository:c/d:pull&service=r', { scope: ['repository:a/b:pull,push', 'repository:c/d:pull'], basic: ['team-a', 'secret'] }], // prettier-ignore
  ['both ways at once, merged', 'scope=repository:a/b:pull%20repository:c/d:pull&scope=repository:a/b:push&service=r', { scope: ['repository:a/b:pull,push', 'repository:c/d:pull'], basic: ['team-a', 'secret'] }], // prettier-ignore
  ['an empty scope', 'service=r&scope=', { basic: ['team-a', 'secret'] }],
  ['a port in the name', 'service=r&scope=repository:localhost:5000/a/b:pull', { scope: ['repository:localhost:5000/a/b:pull'], basic: ['team-a', 'secret'] }], // prettier-ignore
  ['a plugin', 'service=r&scope=repository(plugin):a/b:pull', { scope: ['repository:a/b:pull'], basic: ['team-a', 'secret'] }], // prettier-ignore
  ['32 scopes', repeated(32), { scope: scopes(32), basic: ['team-a', 'secret'] }],
  ['no service, for the flow to refuse', '', { service: '', basic: ['team-a', 'secret'] }],
  ['an empty account', 'service=r&account=', { basic: ['team-a', 'secret'] }],
  ['a user name beyond ASCII', 'service=r&account=%C3%A9', { basic: ['é', 'secret'] }, [basic('é', 'secret')]], // prettier-ignore
  ['unknown names', 'service=r&foo=bar&foo=baz&Service=x&token=x', { basic: ['team-a', 'secret'] }],
  ['names of every object', 'service=r&__proto__=x&constructor=x&hasOwnProperty=x&toString=x', { basic: ['team-a', 'secret'] }], // prettier-ignore
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
  ["somebody else's account", 'credentials_invalid', 'service=r&account=team-b'],
  ['the account in other letters', 'credentials_invalid', 'service=r&account=Team-a'],
  ['an account with a space after it', 'credentials_invalid', 'service=r&account=team-a+'],
  ['an account without credentials', 'credentials_missing', 'service=r&account=team-a', []],
  ['an account with empty credentials', 'credentials_missing', 'service=r&account=team-a', ['Basic Og==']], // prettier-ignore
]

describe('readTokenRequest', () => {
  for (const [what, query, expected, authorization = [TEAM_A]] of READ) {
    it(`reads ${what}`, () => {
      assert.deepEqual(read(query, ...authorization), {
        service: 'r',
        scope: [],
        basic: undefined,
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
      [`service=r&account=${secret}`, TEAM_A],
      [`service=${secret}&service=r`, TEAM_A],
      [`service=r&scope=${secret}`, TEAM_A],
      ['service=r&account=other', basic('team-a', secret)],
    ] as const) {
      const result = readTokenRequest(query, [header])
      assert.ok(!result.ok)
      assert.doesNotMatch(JSON.stringify(result), new RegExp(secret))
    }
  })
})
