import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readDockerAuth } from '../../../../src/config/docker-auth/document.ts'
import { ELSEWHERE } from '../../../../src/config/docker-auth/sections.ts'

const SERVER = 'server: { addr: ":5001", certificate: c, key: k }\n'
const TOKEN = 'token: { issuer: Auth Service, expiration: 900 }\n'
const REST = 'users: {}\nacl: []\n'
const WHOLE = SERVER + TOKEN + REST
const HASH = `$2y$05$${'.'.repeat(53)}`

function read(text: string) {
  const read = readDockerAuth(text, 'auth.yml')
  if (read.problems !== undefined) assert.fail(JSON.stringify(read.problems))
  return read.document.data
}

const problemsOf = (text: string) =>
  (readDockerAuth(text, 'auth.yml').problems ?? []).map(
    ({ where, message }) => `${where.replace('auth.yml:', '')}: ${message}`,
  )

describe('a configuration of docker_auth', () => {
  it('is read whole', () => {
    const {
      server,
      token,
      users,
      acl,
      ext_auth: command,
    } = read(`
server:
  addr: ":5001"
  net: tcp
  path_prefix: /docker
  real_ip_header: X-Forwarded-For
  real_ip_pos: -2
  certificate: /c
  key: /k
  hsts: yes
  tls_min_version: TLS12
  tls_cipher_suites: [TLS_AES_128_GCM_SHA256, 0xc014]
token: { issuer: Acme auth server, expiration: 900, disable_legacy_key_id: true }
users:
  ci: { password: ${HASH}, labels: { group: [CICD, 7] } }
  "": {}
ext_auth: { command: ./auth.sh, args: [""] }
ext_authz: { command: ./authz.sh }
acl:
  - { match: { ip: 10.1.2.3/8, account: "", name: 0123, labels: { group: "CICD" } }, actions: ["*"], comment: no }
`)
    assert.equal(server.real_ip_pos, -2)
    assert.equal(server.hsts, true)
    assert.deepEqual(server.tls_cipher_suites, ['TLS_AES_128_GCM_SHA256', '0xc014'])
    assert.equal(token.expiration, 900)
    assert.deepEqual(users?.['ci']?.labels, { group: ['CICD', '7'] })
    assert.equal(users['ci'].password?.hash.reveal(), HASH)
    assert.deepEqual(users[''], { labels: {} })
    assert.deepEqual(command, { command: './auth.sh', args: [''] })
    assert.deepEqual(acl?.[0]?.match, {
      ...{ ip: '10.1.2.3/8', account: '', name: '0123', labels: { group: 'CICD' } },
    })
    assert.equal(acl[0].comment, 'no')
  })

  it('has texts as they stand there, and no value where null stands', () => {
    const { users, acl } = read(`${SERVER}${TOKEN}users: { "": ~, a: null }
acl: [{ match: { account: yes, name: 1.0, type: "null" }, actions: [1e3, 010] }]\n`)
    assert.deepEqual(users, {})
    assert.deepEqual(acl?.[0]?.match, { account: 'yes', name: '1.0', type: 'null' })
    assert.deepEqual(acl[0].actions, ['1e3', '010'])
  })

  const MISTAKES: readonly (readonly [name: string, text: string, problem: string])[] = [
    ['nothing', '', '1:1: "server" is missing and has no default'],
    ['an unknown section', `${WHOLE}usrs: {}\n`, '5:1: unknown key "usrs"; did you mean "users"?'],
    [
      'an unknown key',
      SERVER.replace('}', ', certifcate: x }') + TOKEN + REST,
      '1:51: unknown key "server.certifcate"; did you mean "server.certificate"?',
    ],
    [
      'a Unix socket',
      SERVER.replace('}', ', net: unix }') + TOKEN + REST,
      '1:51: "server.net" must be tcp: rauth has no Unix sockets, listen on 127.0.0.1',
    ],
    [
      'TLS 1.3 alone',
      SERVER.replace('}', ', tls_min_version: TLS13 }') + TOKEN + REST,
      '1:51: "server.tls_min_version" cannot be TLS 1.3 alone: rauth takes 1.2, too, and nothing older; a proxy in front can demand more',
    ],
    [
      'a certificate without its key',
      `server: { addr: ":1", certificate: c }\n${TOKEN}${REST}`,
      '1:23: "server.certificate" needs "key" beside it',
    ],
    [
      'no key at all',
      `server: { addr: ":1" }\n${TOKEN}${REST}`,
      '2:1: "token" needs "certificate" and "key", or those of "server"',
    ],
    [
      'no number',
      `${SERVER}token: { issuer: a, expiration: 15m }\n${REST}`,
      '2:21: "token.expiration" must be a whole number',
    ],
    [
      'nobody',
      `${SERVER}${TOKEN}acl: []\n`,
      '1:1: "users" is missing, as "ext_auth" is, so nobody could log in; "users: {}" says just that',
    ],
    [
      'nothing allowed',
      `${SERVER}${TOKEN}users: {}\nacl:\n`,
      '4:1: "acl" is missing, as "ext_authz" is, so nothing is allowed; "acl: []" says just that',
    ],
    [
      'a user without password',
      `${SERVER}${TOKEN}users: { ci: {} }\nacl: []\n`,
      '3:10: "users.ci" has no password, with which docker_auth lets anybody in under this name: give it one, or let "" be everybody',
    ],
    [
      'a password of nobody',
      `${SERVER}${TOKEN}users: { "": { password: ${HASH} } }\nacl: []\n`,
      '3:16: "users..password" is one of nobody: "" is whoever has no credentials, and can have none',
    ],
    [
      'a password that is no hash',
      `${SERVER}${TOKEN}users: { ci: { password: canary } }\nacl: []\n`,
      '3:16: "users.ci.password" must be one bcrypt hash and nothing else, as in $2y$10$…: make it with htpasswd -nB, without the user name',
    ],
    [
      'a hash that takes too long',
      `${SERVER}${TOKEN}users: { ci: { password: ${HASH.replace('05', '13')} } }\nacl: []\n`,
      '3:16: "users.ci.password" is a bcrypt hash of another cost than 4 to 12: make it anew, with htpasswd -nB -C 10',
    ],
    [
      'an alias',
      `${SERVER}${TOKEN}users: { a: &all { password: ${HASH} }, b: *all }\nacl: []\n`,
      '3:97: an alias of YAML, which is not taken here: write the value out',
    ],
    [
      'an expression that is none',
      `${SERVER}${TOKEN}users: {}\nacl: [{ match: { account: "/(/" }, actions: [] }]\n`,
      '4:18: "acl.0.match.account" is no regular expression of RE2: missing closing ): `(`',
    ],
    [
      'no actions',
      `${SERVER}${TOKEN}users: {}\nacl: [{ match: {} }]\n`,
      '4:7: "acl.0.actions" is missing and has no default',
    ],
    [
      'no match',
      `${SERVER}${TOKEN}users: {}\nacl: [{ actions: [] }]\n`,
      '4:7: "acl.0.match" is missing and has no default',
    ],
    [
      'no address',
      `${SERVER}${TOKEN}users: {}\nacl: [{ match: { ip: localhost }, actions: [] }]\n`,
      '4:18: "acl.0.match.ip" must be an IP address, or a network such as 10.0.0.0/8',
    ],
    [
      'Let’s Encrypt',
      `server: { addr: ":1", letsencrypt: { email: a@b } }\n${TOKEN}${REST}`,
      '1:23: "server.letsencrypt" is not supported: let certbot, cert-manager or the proxy in front get the certificate, and name its files in "server.certificate" and "server.key": they are read again when they change',
    ],
  ]
  for (const [name, text, problem] of MISTAKES) {
    it(`says where and what: ${name}`, () => {
      assert.ok(problemsOf(text).includes(problem), problemsOf(text).join('\n'))
    })
  }

  for (const section of Object.keys(ELSEWHERE)) {
    it(`is refused with the other way: ${section}`, () => {
      const [problem, ...more] = problemsOf(`${WHOLE}${section}: { addrs: [localhost] }\n`)
      assert.match(problem ?? '', new RegExp(`^5:1: "${section}" is not supported: .{20}`))
      assert.deepEqual(more, [])
    })
  }

  it('tells no password', () => {
    const text = `${SERVER}${TOKEN}users: { ci: { password: canary } }\nacl: []\n`
    assert.ok(!problemsOf(text).join().includes('canary'))
  })
})
