import assert from 'node:assert/strict'
import { chmod } from 'node:fs/promises'
import { after, before, describe, it } from 'node:test'
import { startError } from '../support/start-error.ts'
import { makeCliFolder, type CliFolder } from '../support/cli-folder.ts'
import { tlsAuthority } from '../support/tls-certificates.ts'

const BASE = [
  'realm: https://registry.example/token',
  'keys: { directory: keys }',
  'credentials: { directory: secrets }',
  'listen: { token: localhost:0, gateway: 127.0.0.1:0, gatewayHttp: "[::1]:0" }',
  'identity:',
  '',
].join('\n')

const oidc = (more: string) =>
  `  - oidc: { issuer: https://ci.example, audience: a, identities: [{ claims: { a: b }, account: 'ci:x' }], ${more} }\n`

const ldap = (more: string) =>
  `  - ldap: { url: ldaps://ldap.example, users: { base: dc=x, filter: '(uid=\${user})' }, ${more} }\n`

const http = '  - http: { url: https://hook.example/login, authority: ca.crt }\n'

const KEY = '{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}'

const AUTHORITY = /authority \S*ca\.crt has no certificate in PEM/

/** What serve refuses at its start, and that word of it. */
const UNUSABLE: readonly (readonly [
  what: string,
  identity: string,
  files: Readonly<Record<string, string>>,
  told: RegExp,
])[] = [
  ['a JWKS of an issuer that is no JSON', oidc('jwks: j.json'), { 'j.json': 'x' }, /j\.json .*no JSON/], // prettier-ignore
  ['one without a key', oidc('jwks: j.json'), { 'j.json': '{"keys":[]}' }, /j\.json .*no public key/], // prettier-ignore
  ['no CA of an issuer', oidc('authority: ca.crt'), { 'ca.crt': '' }, AUTHORITY],
  ['no CA of a hook', http, { 'ca.crt': '' }, AUTHORITY],
  ['no CA of a directory', ldap('authority: ca.crt'), { 'ca.crt': 'x' }, AUTHORITY],
  ['a command that is no program', '  - command: { program: ./ask }\n', { ask: 'x' }, /ask cannot be run/], // prettier-ignore
]

describe('rauth check-config of what identity names', () => {
  let folder: CliFolder
  before(async () => {
    folder = await makeCliFolder()
  })
  after(() => folder.remove())

  async function check(identity: string, files: Readonly<Record<string, string>> = {}) {
    await folder.write('rauth.yaml', BASE + identity)
    for (const [name, text] of Object.entries(files)) await folder.write(name, text)
    return folder.rauth(['check-config', 'rauth.yaml'])
  }

  for (const [what, identity, files, told] of UNUSABLE) {
    it(`says no as serve does: ${what}`, async () => {
      const { code, stdout, stderr } = await check(identity, files)
      assert.deepEqual([code, stdout], [1, ''])
      assert.match(stderr, told)
      const serve = await folder.rauth(['serve', '-c', 'rauth.yaml'], { timeout: 20_000 })
      assert.notEqual(serve.code, 0)
      assert.match(startError(serve.stderr), told)
    })
  }

  it('says ok where each can be used', async () => {
    const authority = (await tlsAuthority('hook')).certificate
    await folder.write('ask', '#!/bin/sh\n')
    await chmod(folder.file('ask'), 0o755)
    const { code, stderr } = await check(
      [
        oidc('jwks: j.json, authority: ca.crt'),
        http,
        ldap('authority: ca.crt, bind: { dn: cn=x, passwordFile: secret }'),
        '  - command: { program: ./ask }\n',
        '  - secrets: {}\n',
      ].join(''),
      { 'j.json': `{"keys":[${KEY}]}`, 'ca.crt': authority, secret: '' },
    )
    assert.deepEqual([code, stderr], [0, ''])
  })

  it('names what is not here', async () => {
    const { code, stderr } = await check(
      [
        '  - users: { file: no.yaml }\n',
        oidc('jwks: no.json, authority: no.crt'),
        ldap('authority: no.crt, bind: { dn: cn=x, passwordFile: no }'),
        '  - command: { program: ./no }\n',
      ].join(''),
    )
    assert.equal(code, 1)
    for (const key of [
      ...['users.file', 'oidc.jwks', 'oidc.authority', 'ldap.authority'],
      ...['ldap.bind.passwordFile', 'command.program'],
    ]) {
      assert.match(stderr, new RegExp(`: ${key.replaceAll('.', '\\.')} \\S+ is not here`))
    }
  })
})
