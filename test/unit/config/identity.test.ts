import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { inspect } from 'node:util'
import { parseConfig } from '../../../src/config/read.ts'
import { usersOfFile } from '../../../src/config/users-file.ts'

const HASH = `$2y$10$${'a'.repeat(21)}.${'b'.repeat(30)}C`

const parse = (identity: string) =>
  parseConfig(
    `realm: https://registry.example/token\nidentity:\n${identity}`,
    '/etc/rauth.yaml',
    {},
  )

const problems = (identity: string) =>
  (parse(identity).problems ?? []).map(({ where, message }) =>
    `${where}: ${message}`.replace('/etc/rauth.yaml:', ''),
  )

function read(identity: string) {
  const parsed = parse(identity)
  if (parsed.problems !== undefined) assert.fail(JSON.stringify(parsed.problems))
  return parsed.config.identity
}

describe('identity sources in the configuration', () => {
  it('are the Secrets if there are none', () => {
    const parsed = parseConfig('realm: https://registry.example/token', 'rauth.yaml', {})
    assert.deepEqual(!parsed.problems && parsed.config.identity, [{ secrets: {} }])
  })

  it('keep their order', () => {
    const kinds = read('  - users: { file: users.yaml }\n  - secrets: {}\n').flatMap(Object.keys)
    assert.deepEqual(kinds, ['users', 'secrets'])
  })

  it('take the file of users from the folder of the configuration', () => {
    assert.equal(read('  - users: { file: users.yaml }\n')[0]?.users?.file, '/etc/users.yaml')
  })

  it('take programs and CAs from there, too, but no name that is looked for', () => {
    const [path, name, hook] = read(
      '  - command: { program: ./check }\n  - command: { program: check }\n' +
        '  - http: { url: http://a.example/x, authority: ca.crt }\n',
    )
    assert.equal(path?.command?.program, '/etc/check')
    assert.equal(name?.command?.program, 'check')
    assert.equal(hook?.http?.authority, '/etc/ca.crt')
  })

  it('are the ServiceAccounts of a cluster, with what is not said of them', () => {
    const [{ serviceAccounts } = {}] = read('  - serviceAccounts: { audience: registry.example }\n')
    assert.deepEqual(serviceAccounts, {
      ...{ audience: ['registry.example'], verify: 'review', namespaces: [] },
      maxLifetime: 86_400,
      ...{ timeout: 5, concurrency: 16, remember: 60 },
    })
    const keys = '{ audience: a, verify: keys, issuer: "https://x.example", jwks: keys.json }'
    assert.equal(read(`  - serviceAccounts: ${keys}\n`)[0]?.serviceAccounts?.jwks, '/etc/keys.json')
  })

  const AUDIENCE = 'audience: registry.example'
  const BAD_ACCOUNTS: readonly (readonly [text: string, message: RegExp])[] = [
    ['{}', /serviceAccounts.audience" must be a text or a list/],
    ['{ audience: [] }', /serviceAccounts.audience"/],
    [
      '{ audience: "https://kubernetes.default.svc" }',
      /audience.* for the API server, which every pod/,
    ],
    ['{ audience: [a, kubernetes.default.svc.cluster.local] }', /audience.* for the API server/],
    [
      '{ audience: "https://x.example", issuer: "https://x.example" }',
      /audience.* for the API server/,
    ],
    [`{ ${AUDIENCE}, verify: keys }`, /issuer" is missing: keys are those of one issuer/],
    [`{ ${AUDIENCE}, jwks: a.json }`, /jwks" is for verify: keys/],
    [`{ ${AUDIENCE}, verify: guess }`, /verify" must be review or keys/],
    [`{ ${AUDIENCE}, actions: [push] }`, /unknown key "identity.0.serviceAccounts.actions"/],
  ]
  for (const [text, message] of BAD_ACCOUNTS) {
    it(`refuse ServiceAccounts ${text}`, () => {
      assert.match(problems(`  - serviceAccounts: ${text}\n`).join(), message)
    })
  }

  it('refuse several clusters that nothing tells apart', () => {
    const one = (issuer: string) => `  - serviceAccounts: { audience: a${issuer} }\n`
    assert.match(problems(one('') + one('')).join(), /issuer" is missing: of several/)
    const same = one(', issuer: "https://x.example"')
    assert.match(problems(same + same).join(), /second source for tokens of https:\/\/x\.example/)
    const other = (more: string) => one(`, issuer: "https://y.example"${more}`)
    assert.match(
      problems(same + other('')).join(),
      /serviceAccounts.jwks" is missing: rauth asks one/,
    )
    assert.equal(read(same + other(', verify: keys, jwks: y.json')).length, 2)
  })

  const ISSUER = 'issuer: https://ci.example, audience: a'
  const IDENTITY = "identities: [{ claims: { a: b }, account: 'x:${a}' }]"

  it('are issuers, with what is not said of them', () => {
    const [{ oidc } = {}] = read(`  - oidc: { ${ISSUER}, ${IDENTITY}, jwks: keys.json }\n`)
    assert.deepEqual(oidc?.audience, ['a'])
    assert.deepEqual(oidc.algorithms, ['RS256'])
    assert.deepEqual([oidc.timeout, oidc.leeway, oidc.jwks], [5, 10, '/etc/keys.json'])
    assert.deepEqual(oidc.identities[0]?.claims, { a: ['b'] })
    const claims = 'identities: [{ claims: { a: [true, 7] }, account: x }]'
    const [other] = read(`  - oidc: { ${ISSUER}, ${claims} }\n`)
    assert.deepEqual(other?.oidc?.identities[0]?.claims, { a: ['true', '7'] })
  })

  const OIDC: readonly (readonly [what: string, parts: string, problem: RegExp])[] = [
    ['without an audience', `issuer: https://ci.example, ${IDENTITY}`, /"identity\.0\.oidc\.audience" /],
    ['without identities', ISSUER, /"identity\.0\.oidc\.identities" is missing/],
    ['in the clear', `issuer: http://ci.example, audience: a, ${IDENTITY}`, /oidc\.issuer" must be the https URL/],
    ['with a secret key', `${ISSUER}, algorithms: HS256, ${IDENTITY}`, /oidc\.algorithms" must be of RS256/],
    ['unsigned', `${ISSUER}, algorithms: [none], ${IDENTITY}`, /oidc\.algorithms.* must be of RS256/],
    ['for everybody', `${ISSUER}, identities: [{ claims: {}, account: x }]`, /claims" must ask for a claim/],
    ['of nobody', `${ISSUER}, identities: [{ claims: { a: b } }]`, /account" is missing/],
    ['with half a placeholder', `${ISSUER}, identities: [{ claims: { a: b }, account: '\${a' }]`, /account" has a placeholder without an end/],
    ['with a slip', `${ISSUER}, ${IDENTITY.replace('account', 'acount')}`, /did you mean "identity\.0\.oidc\.identities\.0\.account"/],
  ] // prettier-ignore
  for (const [what, parts, problem] of OIDC) {
    it(`are no issuer ${what}`, () => {
      assert.match(problems(`  - oidc: { ${parts} }\n`).join('\n'), problem)
    })
  }

  const LDAP: readonly (readonly [what: string, parts: string, problem: RegExp])[] = [
    ['of no kind of URL', 'url: https://a.example, users: { base: b, filter: "(uid=${user})" }', /ldap\.url" must be ldaps:/],
    ['with a password in its URL', 'url: ldaps://a:b@a.example, users: { base: b, filter: "(uid=${user})" }', /ldap\.url" must be/],
    ['where everybody is one', 'url: ldaps://a.example, users: { base: b, filter: (uid=*) }', /filter" must have \$\{user\} in it/],
    ['with a filter that is none', "url: ldaps://a.example, users: { base: b, filter: 'uid=${user}' }", /filter" must be a filter in brackets/],
  ] // prettier-ignore
  for (const [what, parts, problem] of LDAP) {
    it(`are no directory ${what}`, () => {
      assert.match(problems(`  - ldap: { ${parts} }\n`).join('\n'), problem)
    })
  }

  it('are each issuer once', () => {
    const one = `  - oidc: { ${ISSUER}, ${IDENTITY} }\n`
    assert.match(problems(one + one)[0] ?? '', /is a second oidc of https:\/\/ci\.example: put its/)
  })

  it('print no hash', () => {
    const one = read(`  - users: { accounts: { alice: { password: '${HASH}' } } }\n`)
    assert.doesNotMatch(inspect(one, { depth: 9 }) + JSON.stringify(one), /aaaa/)
  })

  const MISTAKES: readonly (readonly [what: string, text: string, ...problems: string[]])[] = [
    ['none', '  []\n', '2:1: "identity" must have a source: leave it out for [{ secrets: {} }]'],
    [
      'an unknown kind',
      '  - secret: {}\n',
      '3:5: unknown key "identity.0.secret"; did you mean "identity.0.secrets"?',
      '3:5: "identity.0" must have exactly one of secrets, users, command, http, oidc, ldap, serviceAccounts',
    ],
    [
      'two kinds in one',
      '  - { secrets: {}, users: { file: a } }\n',
      '3:5: "identity.0" must have exactly one of secrets, users, command, http, oidc, ldap, serviceAccounts',
    ],
    [
      'no kind',
      '  - {}\n',
      '3:5: "identity.0" must have exactly one of secrets, users, command, http, oidc, ldap, serviceAccounts',
    ],
    [
      'Secrets twice',
      '  - secrets: {}\n  - secrets: {}\n',
      '4:5: "identity.1" is a second secrets: leave one',
    ],
    [
      'users of nowhere',
      '  - users: {}\n',
      '3:5: "identity.0.users" must have accounts, anonymous or a file',
    ],
    [
      'users of two places',
      '  - users: { file: a, anonymous: {} }\n',
      '3:14: "identity.0.users.file" stands alone: the accounts and anonymous are in it',
    ],
    [
      'a password in the clear',
      '  - users: { accounts: { alice: { password: swordfish } } }\n',
      '3:35: "identity.0.users.accounts.alice.password" must be one bcrypt hash and nothing else, as in $2y$10$…: make it with htpasswd -nB, without the user name',
    ],
    [
      'an unknown key of an account',
      `  - users: { accounts: { alice: { password: '${HASH}', label: {} } } }\n`,
      '3:109: unknown key "identity.0.users.accounts.alice.label"; did you mean "identity.0.users.accounts.alice.labels"?',
    ],
    [
      'an unknown action',
      `  - users: { accounts: { alice: { actions: [pul], password: '${HASH}' } } }\n`,
      '3:45: "identity.0.users.accounts.alice.actions.0" unknown action "pul"; did you mean "pull"?',
    ],
    [
      'a command without a program',
      '  - command: {}\n',
      '3:5: "identity.0.command.program" is missing and has no default',
    ],
    [
      'a slip in a hook',
      '  - http: { url: https://a.example/, timout: 5s }\n',
      '3:38: unknown key "identity.0.http.timout"; did you mean "identity.0.http.timeout"?',
    ],
    [
      'a hook with a password',
      '  - http: { url: https://a:b@a.example/ }\n',
      '3:13: "identity.0.http.url" must be an http or https URL without user, such as https://hook.example/login',
    ],
    [
      'an account without password',
      '  - users: { accounts: { alice: {} } }\n',
      '3:26: "identity.0.users.accounts.alice.password" is missing and has no default',
    ],
  ]
  for (const [what, text, ...expected] of MISTAKES) {
    it(`say where and what: ${what}`, () => {
      assert.deepEqual(problems(text), expected)
    })
  }

  it('are not for the environment', () => {
    const { problems: found } = parseConfig('realm: https://a.example/token', 'rauth.yaml', {
      RAUTH_IDENTITY: 'secrets',
    })
    assert.match(found?.[0]?.message ?? '', /unknown variable "RAUTH_IDENTITY"/)
  })
})

describe('a users file', () => {
  it('says who there is', () => {
    const text = `
accounts:
  alice:
    password: '${HASH}'
    labels: { team: a, role: [dev, ops] }
  robot: { password: '${HASH}', namespace: team-a, actions: [pull] }
anonymous: { labels: { who: nobody } }
`
    const { people, nobody } = usersOfFile(text, 'users.yaml')
    assert.deepEqual(
      people.map(({ passwordHash, ...rest }) => ({
        ...rest,
        same: passwordHash.reveal() === HASH,
      })),
      [
        { username: 'alice', cost: 10, same: true, labels: { team: ['a'], role: ['dev', 'ops'] } },
        { username: 'robot', cost: 10, same: true, namespace: 'team-a', actions: ['pull'] },
      ],
    )
    assert.deepEqual(nobody, { who: ['nobody'] })
  })

  const MISTAKES: readonly (readonly [what: string, text: string, problem: RegExp])[] = [
    ['a slip', 'acounts: {}\n', /users\.yaml:1:1: unknown key "acounts"; did you mean "accounts"/],
    ['a user name with a colon', `accounts:\n  'a:b': { password: '${HASH}' }\n`, /users\.yaml:2:3: .*user name/],
    ['nobody as a user', `accounts:\n  '': { password: '${HASH}' }\n`, /users\.yaml:2:3: .*"anonymous"/],
    ['a label with a number', `accounts: { a: { password: '${HASH}', labels: { n: 1 } } }`, /must be a text/],
    ['a namespace that is none', `accounts: { a: { password: '${HASH}', namespace: A } }`, /must be a namespace/],
  ] // prettier-ignore
  for (const [what, text, problem] of MISTAKES) {
    it(`may not have ${what}`, () => {
      assert.throws(() => usersOfFile(text, 'users.yaml'), {
        ...{ code: 'ERR_CONFIG_INVALID', message: problem },
      })
    })
  }
})
