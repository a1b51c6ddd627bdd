import assert from 'node:assert/strict'
import { createSecretKey } from 'node:crypto'
import { describe, it } from 'node:test'
import { parseConfig } from '../../../src/config/read.ts'
import { referenceOf } from '../../../src/serve/identity/reference.ts'

const KEY = createSecretKey(Buffer.alloc(32, 1))

/** Of a source as the configuration has it. */
function reference(source: string, key = KEY) {
  const text = `realm: https://registry.example/token\nidentity: [{ ${source} }]\n`
  const parsed = parseConfig(text, '/etc/rauth/rauth.yaml', {})
  if (parsed.problems !== undefined) assert.fail(JSON.stringify(parsed.problems))
  const [first = assert.fail()] = parsed.config.identity
  return referenceOf(key, first)
}

const oidc = (more = '', claim = 'a', audience = 'x') =>
  `oidc: { issuer: https://ci.example, audience: ${audience}, identities: [{ claims: { timeout: ${claim} }, account: 'ci:x' }]${more} }`
const http = (more = '', url = 'https://hook.example/login') => `http: { url: ${url}${more} }`
const command = (more = '') => `command: { program: /bin/ask${more} }`
const ldap = (more = '', base = 'dc=x') =>
  `ldap: { url: ldaps://l.example, users: { base: '${base}', filter: '(uid=\${user})' }${more} }`

describe('what tokens name an identity source by', () => {
  const SAME: readonly (readonly [what: string, one: string, other: string])[] = [
    ['the time for an answer', http(), http(', timeout: 9s')],
    ['how many are asked at once', command(), command(', concurrency: 3')],
    ['how long a yes lasts', http(), http(', remember: 0s')],
    ['where a CA is', http(', authority: a.crt'), http(', authority: b.crt')],
    ['where the keys of an issuer are', oidc(), oidc(', jwks: j.json, leeway: 20s')],
    [
      'where a password is',
      ldap(', bind: { dn: cn=r, passwordFile: a }'),
      ldap(', bind: { dn: cn=r, passwordFile: b }'),
    ],
  ]
  for (const [what, one, other] of SAME) {
    it(`does not change with ${what}`, () => {
      assert.deepEqual(reference(one), reference(other))
    })
  }

  const OTHERS: readonly (readonly [what: string, one: string, other: string])[] = [
    ['where a hook is', http(), http('', 'https://hook.example/other')],
    ['what a command is told', command(), command(', args: [a]')],
    ['a claim, whatever its name', oidc(), oidc('', 'b')],
    ['whom a token is for', oidc(), oidc('', 'a', 'y')],
    ['what it may be signed with', oidc(), oidc(', algorithms: ES256')],
    ['where people are', ldap(), ldap('', 'dc=y')],
    [
      'who searches them',
      ldap(', bind: { dn: cn=r, passwordFile: a }'),
      ldap(', bind: { dn: cn=s, passwordFile: a }'),
    ],
  ]
  for (const [what, one, other] of OTHERS) {
    it(`changes with ${what}`, () => {
      assert.notEqual(reference(one)?.generation, reference(other)?.generation)
    })
  }

  it('is of one rauth only, and of no source that keeps its credentials here', () => {
    const other = createSecretKey(Buffer.alloc(32, 2))
    assert.notDeepEqual(reference(http()), reference(http(), other))
    assert.equal(reference('secrets: {}'), undefined)
  })
})
