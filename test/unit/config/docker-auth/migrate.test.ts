import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, it } from 'node:test'
import { parse } from 'yaml'
import { dockerAuthOf } from '../../../../src/config/docker-auth/document.ts'
import { migrate, type Migration } from '../../../../src/config/docker-auth/migrate/migrate.ts'
import { policyOf } from '../../../../src/config/policy-file.ts'

const HASH = `$2y$05$${'.'.repeat(53)}`
const TOKEN = `server: { addr: ":5001" }
token: { issuer: Auth Service, expiration: 900, certificate: token.crt, key: /etc/token.key }
`

const migrated = (text: string): Migration =>
  migrate(dockerAuthOf(text, 'auth.yml'), { fileName: 'auth.yml', folder: '/srv' })

/** One entry: the rule that it becomes, and what is said of it. */
function entry(match: string, actions = '["*"]', users = '{}') {
  const text = `${TOKEN}users: ${users}\nacl:\n  - { match: ${match}, actions: ${actions} }\n`
  const { policy, differences } = migrated(text)
  policyOf(policy, 'policy.yaml')
  const { rules } = parse(policy) as { rules: { match: unknown; actions: unknown }[] }
  return { rule: rules[0], differences }
}

describe('a migrated entry', () => {
  const SAME: readonly (readonly [what: string, match: string, native: object])[] = [
    ['nothing', '{}', {}],
    ['plain text', '{ name: library/base }', { name: 'library/base' }],
    ['nobody', '{ account: "" }', { account: '' }],
    ['a glob', '{ name: "team-?/*" }', { name: 'team-?/*' }],
    ['an expression', '{ account: "/.+/" }', { account: '/.+/' }],
    ['a placeholder', '{ name: "${account}/*" }', { name: '${account}/*' }],
    ['a class', '{ name: "team-[a-c]" }', { name: '/^team-[a-c]$/' }],
    ['an escape', '{ name: "a\\\\*b" }', { name: '/^a\\*b$/' }],
    ['braces', '{ name: "{a,b}" }', { name: '/^\\{a,b\\}$/' }],
    ['another type', '{ type: chart }', { type: '/^chart$/' }],
    ['an address', '{ ip: 10.1.2.3 }', { ip: '10.1.2.3' }],
    ['a network by one of its addresses', '{ ip: 10.1.2.3/12 }', { ip: '10.0.0.0/12' }],
    ['IPv6', '{ ip: "2001:db8::7/33" }', { ip: '2001:db8:0:0:0:0:0:0/33' }],
    ['labels', '{ labels: { group: CICD } }', { labels: { group: 'CICD' } }],
  ]
  for (const [what, match, native] of SAME) {
    it(`is the same: ${what}`, () => {
      const { rule, differences } = entry(match)
      assert.deepEqual(rule, { match: native, actions: ['*'] })
      assert.deepEqual(differences, [])
    })
  }

  const DIFFERENT: readonly (readonly [match: string, native: object | undefined, note: RegExp])[] =
    [
      [
        '{ name: "library/**" }',
        { name: 'library/*' },
        /^line 5: \*\* in "library\/\*\*" is \* to/,
      ],
      ['{ name: "[^a]*" }', { name: '/^[^a][^/]*$/' }, /has a class beside a \*/],
      [
        '{ name: "[a-" }',
        undefined,
        /"\[a-" is malformed and matches nothing: the entry is left out/,
      ],
      [
        '{ account: "/^(.+)@x$/", name: "${Account:01}/*" }',
        { account: '/^(.+)@x$/', name: '${account:1}/*' },
        /what \$\{Account:01\} catches is text/,
      ],
      [
        '{ name: "${account:1}/*" }',
        { name: '/^\\$\\{account:1\\}/[^/]*$/' },
        /is text to docker_auth/,
      ],
      ['{ name: "/^${account:1}/" }', { name: '/^$\\{account:1\\}/' }, /is text to docker_auth/],
      ['{ name: "${labels:team}/*" }', { name: '${labels:team}/*' }, /the values of .* are text/],
      [
        '{ account: "/^(.+)$/", labels: { own: "${account:1}" } }',
        { account: '/^(.+)$/', labels: { own: '/^\\$\\{account:1\\}$/' } },
        /is text to docker_auth/,
      ],
    ]
  for (const [match, native, note] of DIFFERENT) {
    it(`tells of ${match}`, () => {
      const { rule, differences } = entry(match)
      assert.deepEqual(rule?.match, native)
      assert.match(differences[0] ?? '', note)
    })
  }

  it('has the actions that a registry knows', () => {
    const { rule, differences } = entry('{}', '["*", pull, scan, pull]')
    assert.deepEqual(rule?.actions, ['pull'])
    assert.match(differences[0] ?? '', /^line 5: "\*", "scan" among the actions is left out/)
  })

  it('tells of nobody, who has no name', () => {
    const name = '{ name: "${account}*" }'
    assert.deepEqual(entry(name).differences, [])
    assert.match(entry(name, '["*"]', '{ "": {} }').differences[0] ?? '', /no value for whoever/)
  })

  it('is refused where no rule can say it', () => {
    const label = Array.from({ length: 33 }, () => '*a').join('')
    assert.throws(
      () => entry(`{ name: "${label}" }`),
      /auth\.yml:5:5: no rule can say this: ".*" has more than 32 wildcards\nnext: /,
    )
  })
})

describe('a migrated configuration', () => {
  it('has what the file had, each in its place', () => {
    const { config, policy, users, differences } = migrated(`
server: { addr: ":5001", certificate: tls.crt, key: tls.key, path_prefix: /p, real_ip_header: X-Real-IP, hsts: true }
token: { issuer: Auth Service, expiration: 900 }
users: { ci: { password: ${HASH}, labels: { group: [CICD] } }, "": { labels: { who: [x] } } }
ext_auth: { command: ./auth.sh, args: [""] }
ext_authz: { command: judge }
acl: [{ match: {}, actions: [pull], comment: all }]
`)
    assert.deepEqual(parse(config), {
      issuer: 'Auth Service',
      realm: 'https://localhost:5001/p/auth',
      token: { expiry: 900, anyService: true },
      keys: { certificate: '/srv/tls.crt', key: '/srv/tls.key' },
      identity: [
        { users: { file: 'users.yaml' } },
        { command: { program: '/srv/auth.sh', args: [''] } },
      ],
      policy: { file: 'policy.yaml', command: { program: 'judge', args: [] } },
      pathPrefix: '/p',
      trustedProxies: ['0.0.0.0/0', '::/0'],
      clientAddress: { header: 'X-Real-IP', position: 0 },
      listen: { token: ':5001' },
      tls: { token: { certificate: '/srv/tls.crt', key: '/srv/tls.key' } },
    })
    assert.deepEqual(parse(policy), {
      anonymous: true,
      rules: [{ match: {}, actions: ['pull'], comment: 'all' }],
    })
    assert.deepEqual(parse(users ?? ''), {
      accounts: { ci: { password: HASH, labels: { group: ['CICD'] } } },
      anonymous: { labels: { who: ['x'] } },
    })
    assert.deepEqual(differences, ['server.hsts changes nothing: no browser asks for tokens'])
  })

  it('reads docker_auth’s own patterns, whatever they are, into rules or says why not', () => {
    const vectors = path.resolve(
      import.meta.dirname,
      '../../../../../test/vectors/docker-auth/acl.json',
    )
    const cases = JSON.parse(readFileSync(vectors, 'utf8')) as { readonly match: object }[]
    let refused = 0
    for (const { match } of cases) {
      try {
        entry(JSON.stringify(match))
      } catch (thrown) {
        assert.match(String(thrown), /auth\.yml:5:5: no rule can say this: /, JSON.stringify(match))
        refused += 1
      }
    }
    assert.ok(refused < 100, `${refused} of ${cases.length} refused`)
  })
})
