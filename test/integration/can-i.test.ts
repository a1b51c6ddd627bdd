import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { stringify } from 'yaml'
import { makeCliFolder, type CliFolder } from '../support/cli-folder.ts'

const POLICY = `gateway: true
rules:
  - { match: { name: 'library/**', tags: ['v*'] }, actions: [pull], reason: releases are made by CI }
  - { match: { account: ci, name: 'library/**', ip: 10.0.0.0/8 }, actions: [pull, push] }
  - { match: { labels: { role: lead }, name: 'library/**' }, actions: ['*'] }
  - { match: { name: 'night/**', when: { from: '22:00', to: '06:00' } }, actions: [pull] }
  - { match: { service: other.io, name: 'other/**' }, actions: [pull] }
  - { match: { namespace: '*', type: repository, name: '\${namespace}/**' }, actions: ['*'] }
`

const DIGEST = `sha256:${'7e'.repeat(32)}`

/** Nobody can log in with these. */
const USERS = `accounts:
  alice: { password: $2y$10$abcdefghijklmnopqrstuuaxHoFKl5l5XBvdHlxVmQSYyMK8Wjdqa, labels: { role: lead } }
`

const ASKS_POLICY = 'realm: http://localhost/token\npolicy: { file: policy.yaml }\n'

/** Nobody listens at the port of discard. */
const CLUSTER_AWAY = stringify({
  ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'away' },
  clusters: [{ name: 'away', cluster: { server: 'https://127.0.0.1:9' } }],
  users: [{ name: 'away', user: { token: 'none' } }],
  contexts: [{ name: 'away', context: { cluster: 'away', user: 'away' } }],
})

function secret(namespace: string, stringData: object): string {
  const metadata = { name: 'registry-credentials', namespace }
  return stringify({ apiVersion: 'v1', kind: 'Secret', metadata, stringData })
}

/** What may be done with a limit, and what is its time. */
const SECRET = {
  ...{ username: 'team-b', password: 'a long random text' },
  entries: JSON.stringify([
    { username: 'reader', password: 'another text', actions: ['pull'] },
    { username: 'gone', password: 'a third text', notAfter: '2020-01-01T00:00:00Z' },
  ]),
}

const WITH_CI = {
  ...{ username: 'team-a', password: 'a long random text' },
  entries: JSON.stringify([{ username: 'ci', password: 'another text' }]),
}

describe('rauth can-i', () => {
  let folder: CliFolder
  before(async () => {
    folder = await makeCliFolder({
      'policy.yaml': POLICY,
      'rauth.yaml':
        'realm: http://localhost/token\npolicy: { file: policy.yaml }\n' +
        'identity: [{ secrets: {} }, { users: { file: users.yaml } }]\n',
      'users.yaml': USERS,
      'oidc.yaml':
        'realm: http://localhost/token\npolicy: { file: policy.yaml }\n' +
        'identity: [{ secrets: {} }, { http: { url: "http://localhost:9" } }]\n',
      'pods.yaml':
        'realm: http://localhost/token\npolicy: { file: policy.yaml }\n' +
        'identity: [{ secrets: {} }, { serviceAccounts: { audience: x.example, namespaces: [team-a] } }]\n',
      'no-secrets.yaml': `${ASKS_POLICY}credentials: { directory: elsewhere }\n`,
      'no-users.yaml': `${ASKS_POLICY}identity: [{ secrets: {} }, { users: { file: none.yaml } }]\n`,
      'cluster-away.yaml': `${ASKS_POLICY}credentials: { kubernetes: { kubeconfig: kubeconfig } }\n`,
      kubeconfig: CLUSTER_AWAY,
      'broken.yaml': 'rules:\n  - { match: { nam: x }, actions: [] }\n',
      'secrets/team-a.yaml': secret('team-a', WITH_CI),
      'secrets/team-b.yaml': secret('team-b', SECRET),
      'secrets/slip.yaml': secret('slip', { username: 'slip', pasword: 'a long random text' }),
    })
  })
  after(() => folder.remove())

  const CASES: readonly (readonly [line: string, yes: boolean, stderr?: RegExp])[] = [
    ['pull team-a/app --as team-a', true],
    ['pull,push,delete team-a/app --as team-a', true],
    ['pull team-b/app --as team-a', false, /team-b\/app:pull denied: no rule matches/],
    [`pull team-a/app@${DIGEST} --as team-a`, true],
    [`pull team-a/app:v1@${DIGEST} --as team-a`, true],
    [
      `pull registry.example/team-a/app@${DIGEST} --as team-a`,
      false,
      /denied: no rule matches\nif registry.example is the registry's host, leave it out: team-a\/app@/,
    ],
    ['pull team-a/app --anonymous', false],
    ['pull team-a/app --as system:serviceaccount:team-a:builder -c pods.yaml', true],
    ['pull team-b/app --as system:serviceaccount:team-a:builder -c pods.yaml', false],
    [
      'pull team-a/app --as system:serviceaccount:team-a:builder',
      false,
      /no source of identity takes ServiceAccounts of namespace team-a: it cannot log in/,
    ],
    [
      'pull team-b/app --as system:serviceaccount:team-b:builder -c pods.yaml',
      false,
      /no source of identity takes ServiceAccounts of namespace team-b: it cannot log in/,
    ],
    ['pull none/app --as none -c pods.yaml', false, /user none .*: it cannot log in/],
    ['--list --as system:serviceaccount:team-a:builder', false, /cannot log in/],
    [
      'pull team-a/app --as system:serviceaccount:team-a:builder --policy policy.yaml',
      true,
      /no source of identity takes .*: judged as if/,
    ],
    [
      'push team-a/app --as system:serviceaccount:team-a:builder -c pods.yaml',
      false,
      /:push denied by policy.yaml:8, which names no serviceaccount: they have no more than pulls/,
    ],
    [
      'push library/x:v1 --as team-a --label role=lead',
      false,
      /policy.yaml:3: releases are made by CI/,
    ],
    ['push library/x --as team-a --label role=lead --tag dev', true],
    // By its digest it names no tag, so the rule of tags is not about it.
    [`push library/x:v1@${DIGEST} --as team-a --label role=lead`, true],
    [`delete library/x@${DIGEST} --as team-a --label role=lead`, false, /can't be told/],
    ['push library/x:dev --as team-a --label role=other', false],
    ['push library/x:dev --as team-a/ci', false, /can't be told whether policy.yaml:4 matches/],
    ['push library/x:dev --as team-a/ci --ip 10.1.2.3', true],
    ['push library/x:dev --as team-a/ci --ip fd00::1', false],
    ['push library/x:dev --as alice', true, /namespace alice is here: judged as the user alice$/m],
    ['pull alice/x --as alice', false],
    ['push team-b/x --as reader', false, /judged as the user reader of namespace team-b$/m],
    ['pull night/x --as team-a --at 2026-11-25T23:00:00Z', true],
    ['pull night/x --as team-a --at 2026-11-25T12:00:00Z', false],
    ['pull other/x --as team-a', false],
    ['pull other/x --as team-a --service other.io', true],
    ['pull team-b/app --as team-b/reader', true],
    ['push team-b/app --as team-b/reader', false, /the credential itself is not for it/],
    [
      'push team-b/app --as team-b/gone',
      false,
      /no credential is good at that time for user gone of namespace team-b \(that of team-b\/registry-credentials.* ended at 2020-01-01T00:00:00Z\): it cannot log in, whatever/,
    ],
    [
      'pull slip/app --as slip',
      false,
      /for user slip of namespace slip \(.*pasword.*cannot log in/,
    ],
    ['pull none/app --as none', false, /no credential is here for user none .*: it cannot log in/],
    ['pull none/app --as none --label role=dev', true, /no credential is here .*: judged as if/],
    [
      'pull none/app --as none --policy policy.yaml',
      true,
      /no credential is here .*: judged as if/,
    ],
    ['pull none/app --as none -c oidc.yaml', true, /no credential is here .*: judged as if/],
    ['pull slip/app --as slip -c oidc.yaml', false, /pasword.*cannot log in/],
    ['--list --as none', false, /cannot log in/],
    ['push library/x:dev --as /alice', true],
    ['push library/x:dev --as /alice --label role=other', false],
    ['pull team-a/x --as /alice', false],
    ['pull team-a/x --as /bob', false, /no credential is here for user bob: it cannot log in/],
    ['* catalog --type registry --as team-a', false],
  ]
  for (const [line, yes, talk = yes ? /^$/ : /denied/] of CASES) {
    it(`${yes ? 'yes' : 'no'}: ${line}`, async () => {
      const { code, stdout, stderr } = await folder.rauth(['can-i', ...line.split(' ')])
      assert.equal(code, yes ? 0 : 1)
      if (!line.startsWith('--list')) assert.equal(stdout, yes ? 'yes\n' : 'no\n')
      assert.match(stderr, talk)
    })
  }

  const USAGE: readonly (readonly [line: string, stderr: RegExp])[] = [
    ['pull team-a/app', /say who asks: --as NAMESPACE/],
    ['pull --as team-a', /say what: rauth can-i pull/],
    ['PULL team-a/app --as team-a', /"PULL" is no action .*did you mean pull\?/],
    ['puhs team-a/app --as team-a', /"puhs" is no action .*did you mean push\?/],
    ['team-a/app push --as team-a', /"team-a\/app" is no action .*rauth can-i ACTIONS REPOSITORY/],
    ['pull localhost:5000/team-a/app --as team-a', /begins with a registry: say team-a\/app/],
    ['pull team-a/app@sha256:7ed9 --as team-a', /no digest: sha256: and 64 hexadecimal digits/],
    ['pull team-a/app --as team-a --anonymous', /cannot be used with option/],
    ['pull team-a/app --as team-a --ip here', /an IP address is wanted/],
    ['pull team-a/app --as team-a --at noon', /RFC 3339/],
    ['pull team-a/app --as team-a --label role', /a label is KEY=VALUE/],
    ['--list pull --as team-a', /--list takes no action/],
  ]
  for (const [line, message] of USAGE) {
    it(`exits with 2: ${line}`, async () => {
      const { code, stdout, stderr } = await folder.rauth(['can-i', ...line.split(' ')])
      assert.deepEqual([code, stdout], [2, ''])
      assert.match(stderr, message)
    })
  }

  for (const [what, line] of [
    ['can-i', 'can-i pull team-a/app --as team-a --policy broken.yaml'],
    ['can-i --list', 'can-i --list --as team-a --policy broken.yaml'],
    ['explain', 'explain repository:team-a/app:pull --as team-a --policy broken.yaml'],
    ['a configuration', 'can-i pull team-a/app --as team-a -c broken.yaml'],
  ] as const) {
    it(`has no answer by a file that cannot be used, which is no denial: ${what}`, async () => {
      const { code, stdout, stderr } = await folder.rauth(line.split(' '))
      assert.deepEqual([code, stdout], [2, ''])
      assert.match(stderr, /broken\.yaml:\d/)
    })
  }

  for (const [line, why] of [
    ['can-i pull team-a/app --as team-a -c no-secrets.yaml', /elsewhere cannot be read .*ENOENT/],
    ['can-i pull team-a/app --as team-a -c no-users.yaml', /none\.yaml cannot be read .*ENOENT/],
    ['can-i pull team-a/app --as team-a -c cluster-away.yaml', /ECONNREFUSED/],
    ['can-i --list --as team-a -c no-secrets.yaml', /elsewhere cannot be read/],
    ['can-i pull team-a/app --as team-a --label a=b -c no-secrets.yaml', /elsewhere cannot/],
    ['explain repository:team-a/app:pull --as team-a -c no-secrets.yaml', /elsewhere cannot/],
  ] as const) {
    it(`has no answer where credentials cannot be read, nor a yes: ${line}`, async () => {
      const { code, stdout, stderr } = await folder.rauth(line.split(' '))
      assert.deepEqual([code, stdout], [2, ''])
      assert.match(stderr, why)
      assert.match(stderr, /^no answer: .*can't may do nothing: .*\nnext: .*: --policy FILE\n$/s)
    })
  }

  it('leads to a Secret that cannot be used whoever logs in by it, and no ServiceAccount', async () => {
    for (const [who, cause, next] of [
      ['slip', 'secret_unusable', /^next +Correct the Secret /m],
      ['system:serviceaccount:slip:builder', undefined, /^next +Compare the user name /m],
    ] as const) {
      const line = ['explain', 'repository:slip/app:pull', '--as', who]
      const { code, stdout } = await folder.rauth([...line, '-o', 'json'])
      assert.equal(code, 1)
      assert.equal((JSON.parse(stdout) as { cause?: string }).cause, cause)
      assert.match((await folder.rauth(line)).stdout, next)
    }
  })

  it('asks a policy alone where one is named, and says that no credentials were looked at', async () => {
    const line = 'can-i pull team-a/app --as team-a -c no-secrets.yaml --policy policy.yaml'
    const { code, stdout, stderr } = await folder.rauth(line.split(' '))
    assert.deepEqual([code, stdout], [0, 'yes\n'])
    assert.match(stderr, /^no credentials are looked at: .*elsewhere cannot be read/)
  })

  it('lists what there is, rule by rule', async () => {
    const { code, stdout } = await folder.rauth([
      'can-i',
      '--list',
      '--as',
      'team-b/reader',
      '-o',
      'json',
      '--at',
      '2026-11-25T12:00:00Z',
    ])
    assert.equal(code, 0)
    assert.deepEqual(JSON.parse(stdout), [
      {
        rule: 'policy.yaml:3',
        type: '**',
        name: 'library/**',
        actions: ['pull'],
        only: ['tag v*'],
      },
      { rule: 'policy.yaml:8', type: 'repository', name: 'team-b/**', actions: ['pull'], only: [] },
    ])
  })

  it('needs no configuration where a policy is named, and says so where none is', async () => {
    const bare = await makeCliFolder({ 'p.yaml': POLICY })
    try {
      const named = await bare.rauth([
        'can-i',
        'pull',
        'team-x/a',
        '--as',
        'team-x',
        '--policy',
        'p.yaml',
      ])
      assert.deepEqual([named.code, named.stdout, named.stderr], [0, 'yes\n', ''])
      const none = await bare.rauth(['can-i', 'pull', 'team-x/a', '--as', 'team-x'])
      assert.equal(none.code, 2)
      assert.match(
        none.stderr,
        /there is no rauth.yaml here: name a configuration with -c, or a policy/,
      )
      const id = '3e0b7a55-3f4c-4a0a-9d6e-5b1f0a3c2d11'
      const why = await bare.rauth(['explain', id])
      assert.deepEqual([why.code, why.stdout], [2, ''])
      assert.match(why.stderr, /such as --operations http:\/\/localhost:9090/)
    } finally {
      await bare.remove()
    }
  })

  it('gives the record of the decision, with what every record has', async () => {
    const { stdout } = await folder.rauth([
      'can-i',
      'pull',
      'team-b/a',
      '--as',
      'team-b/reader',
      '-o',
      'json',
    ])
    const { id, ...record } = JSON.parse(stdout) as Record<string, unknown>
    assert.match(String(id), /^[0-9a-f-]{36}$/)
    assert.deepEqual(record, {
      ...{
        half: 'cli',
        outcome: 'allowed',
        status: 200,
        account: 'reader',
        namespaces: ['team-b'],
      },
      credentials: ['team-b/registry-credentials'],
      ...{ requested: 'repository:team-b/a:pull', granted: 'repository:team-b/a:pull' },
      rule: 'policy.yaml:8',
    })
  })
})
