import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmod, mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { stringify } from 'yaml'
import { secretManifest } from '../../tools/stack/secret-manifest.ts'
import { startError } from '../support/start-error.ts'
import { makeCliFolder, type CliFolder } from '../support/cli-folder.ts'
import { kubeconfig } from '../support/kubernetes/kubeconfig.ts'
import { tlsAuthority } from '../support/tls-certificates.ts'

const BASE = [
  'realm: https://registry.example/token',
  'listen: { token: localhost:0, gateway: 127.0.0.1:0, gatewayHttp: "[::1]:0", operations: 127.0.0.1:0 }',
  'credentials: { directory: secrets }',
  '',
].join('\n')

const LOGIN = { username: 'team-b', password: 'a long random text' }

const TRACED = 'tracing: { endpoint: "http://127.0.0.1:4318", '

/** What serve refuses at its start, and that word of it. */
const UNUSABLE: readonly (readonly [what: string, settings: string, told: RegExp])[] = [
  [
    'a header for the collector that is none',
    `${TRACED}headersFile: unfit }`,
    /^tracing\.headersFile \S+unfit cannot be used: \S+unfit:1 is no line NAME: VALUE; next: /m,
  ],
  [
    'no CA of the collector',
    `${TRACED}authority: unfit }`,
    /^tracing\.authority \S+unfit has no certificate in PEM/m,
  ],
  [
    'a signing key that is none',
    'keys: { directory: nonsense }',
    /nonsense\/signing\.key is not a private key in PEM/,
  ],
  [
    'no key in the folder',
    'keys: { directory: secrets }',
    /secrets has no signing key; next: rauth keys init --directory /,
  ],
  [
    'a key of another algorithm than is asked for',
    'token: { algorithm: RS256 }',
    /token\.algorithm is RS256, and /,
  ],
  ['a certificate to sign with', 'keys: { certificate: unfit, key: unfit }', /unfit .*PEM/],
  [
    'TLS of a port',
    'tls: { gatewayHttp: { certificate: unfit, key: unfit } }',
    /unfit is not a private key in PEM/,
  ],
  [
    'a token of the live view that is too short',
    'liveView: { enabled: true, tokenFile: unfit }',
    /^liveView\.tokenFile \S+unfit must be 20 to 512 characters/m,
  ],
]

/** What serve can't do without, and how check-config names it. */
const MISSING: readonly (readonly [settings: string, named: string])[] = [
  [`${TRACED}headersFile: nowhere }`, 'tracing.headersFile'],
  [`${TRACED}authority: nowhere }`, 'tracing.authority'],
  ['liveView: { enabled: true, tokenFile: nowhere }', 'liveView.tokenFile'],
  ['audit: { to: ./nowhere/audit.log }', 'audit.to, the folder'],
]

/** What serve starts with, and says. */
const TOLD: readonly (readonly [what: string, folder: Readonly<Record<string, string>>, RegExp])[] =
  [
    ['Secrets that are no YAML', { 'a.yaml': '{' }, /Secret manifest unusable/],
    ['no credentials at all', {}, /no credentials in force: every login is refused/],
    [
      'a Secret that ended',
      {
        'a.yaml':
          secretManifest('team-b', LOGIN) + "stringData: { notAfter: '2020-01-31T12:00:00Z' }\n",
      },
      /Secret team-b\/registry-credentials ended at 2020-01-31T12:00:00Z: nobody logs in by it any more/,
    ],
    [
      'an action of a Secret that is none',
      { 'a.yaml': secretManifest('team-b', LOGIN).trimEnd() + '\n  actions: pul\n' },
      /its namespace is disabled/,
    ],
  ]

/** What `rauth serve` logs when all its ports are open. */
const STARTED = /"msg":"ready"/

describe('rauth check-config of the files that a configuration names', () => {
  let folder: CliFolder
  before(async () => {
    folder = await makeCliFolder({ unfit: 'too short' })
    await mkdir(folder.file('nonsense'))
    await folder.write('nonsense/signing.key', 'nonsense')
  })
  after(() => folder.remove())

  async function checkAndServe(settings: string) {
    await folder.write('rauth.yaml', BASE + settings)
    const check = await folder.rauth(['check-config', 'rauth.yaml'])
    const serve = await folder.rauth(['serve', '-c', 'rauth.yaml'], { timeout: 20_000 })
    assert.deepEqual([check.code, serve.code], [1, 1])
    assert.doesNotMatch(serve.stderr, /^ {4}at /m, 'it ends by a mistake of its own')
    return { check: check.stderr, serve: startError(serve.stderr) }
  }

  for (const [what, settings, told] of UNUSABLE) {
    it(`says no as serve does: ${what}`, async () => {
      const { check, serve } = await checkAndServe(settings)
      assert.match(check, told)
      assert.match(serve, told)
    })
  }

  it('tells each mistake, of whatever file, and of Secrets beside them', async () => {
    await mkdir(folder.file('doubled'))
    for (const name of ['one', 'two']) {
      await folder.write(`doubled/${name}.yaml`, secretManifest('team-a', LOGIN))
    }
    await folder.write('broken.yaml', 'rules: [{ match: { nam: x }, actions: [] }]\n')
    const settings = 'policy: { file: broken.yaml }\n'
    await folder.write(
      'rauth.yaml',
      BASE.replace('directory: secrets', 'directory: doubled') + settings,
    )
    const { code, stdout, stderr } = await folder.rauth(['check-config', 'rauth.yaml'])
    assert.deepEqual([code, stdout], [1, ''])
    assert.match(stderr, /broken\.yaml:1:\d+: unknown key/)
    assert.match(
      stderr,
      /^rauth\.yaml: namespace team-a, files one\.yaml and two\.yaml: Secret manifest unusable: its namespace is disabled: \w/m,
    )
  })

  it('names no place in a file that is not there', async () => {
    await mkdir(folder.file('empty'))
    const cwd = folder.file('empty')
    const { code, stderr } = await folder.rauth(['check-config'], { cwd })
    assert.equal(code, 1)
    assert.equal(
      stderr,
      'there is no rauth.yaml here: name a file with --config FILE, or set the variables\n' +
        'the environment: "realm" is missing and has no default\n',
    )
  })

  for (const [number, [what, files, told]] of TOLD.entries()) {
    it(`warns of what serve says and starts with: ${what}`, async () => {
      const directory = `secrets-${number}`
      await mkdir(folder.file(directory))
      for (const [name, text] of Object.entries(files)) {
        await folder.write(`${directory}/${name}`, text)
      }
      await folder.write(
        'rauth.yaml',
        BASE.replace('directory: secrets', `directory: ${directory}`),
      )
      const check = await folder.rauth(['check-config', 'rauth.yaml'])
      assert.equal(check.code, 0)
      assert.match(check.stdout, /rauth\.yaml: ok, \d warnings?\n/)
      assert.match(check.stderr, told)
      const elsewhere = await folder.rauth(['check-config', '--no-files', 'rauth.yaml'])
      assert.doesNotMatch(elsewhere.stderr, told)
      const serve = await folder.rauth(['serve', '-c', 'rauth.yaml'], { until: STARTED })
      assert.match(serve.stdout, STARTED)
      assert.match(serve.stdout, told)
    })
  }

  it('warns as serve does of files with secrets that every account can read, until they are closed', async () => {
    await folder.write('rauth.yaml', BASE)
    const key = folder.file('keys/signing.key')
    const lines = [
      `${key} is secret, and every account of this machine can read (mode 0644); next: chmod 600 ${key}`,
      `${folder.file('secrets')}: 2 files such as team-a.yaml are secret, and every account of this machine ` +
        `can read (mode 0644); next: chmod 700 ${folder.file('secrets')}`,
    ]
    await folder.write('secrets/team-b.yaml', secretManifest('team-b', LOGIN))
    await chmod(key, 0o644)
    for (const name of ['.', 'keys', 'secrets']) await chmod(folder.file(name), 0o755)
    for (const name of ['team-a', 'team-b']) await chmod(folder.file(`secrets/${name}.yaml`), 0o644)
    const check = await folder.rauth(['check-config', 'rauth.yaml'])
    const serve = await folder.rauth(['serve', '-c', 'rauth.yaml'], { until: STARTED })
    for (const line of lines) {
      assert.ok(check.stderr.includes(`rauth.yaml: ${line}\n`), check.stderr)
      assert.ok(serve.stdout.includes(`"msg":"${line}"`), serve.stdout)
    }
    // What they say to do.
    await chmod(key, 0o600)
    await chmod(folder.file('secrets'), 0o700)
    const closed = await folder.rauth(['check-config', 'rauth.yaml'])
    assert.equal(closed.stdout, 'rauth.yaml: ok\n', closed.stderr)
  })

  it('is warned of by the controller where it is its kubeconfig, and of nothing that it does not read', async () => {
    const [file, key] = ['kubeconfig.yaml', 'keys/signing.key'].map((name) => folder.file(name))
    assert.ok(file !== undefined && key !== undefined)
    const { certificate: authority } = await tlsAuthority('of nobody')
    await folder.write('kubeconfig.yaml', kubeconfig({ port: 1, authority }, { token: 'secret' }))
    const kubernetes = { kubeconfig: file }
    const [realm] = BASE.split('\n')
    const settings = stringify({ credentials: { kubernetes } })
    await folder.write('controller.yaml', `${realm}\n${settings}`)
    for (const open of [file, key]) await chmod(open, 0o644)
    for (const name of ['.', 'keys']) await chmod(folder.file(name), 0o755)
    const told = / is secret, and every account .* next: chmod /
    const controller = ['controller', '-c', 'controller.yaml']
    const { stdout } = await folder.rauth(controller, { until: told })
    assert.ok(stdout.includes(`"msg":"${file} is secret, and every account`), stdout)
    assert.ok(!stdout.includes(key), stdout)
    await chmod(key, 0o600)
  })

  it('gives a command to copy that a shell takes no other way, whatever the file is called', async () => {
    await mkdir(folder.file('named'))
    const file = folder.file("named/it's; $(touch ran).yaml")
    await writeFile(file, secretManifest('team-a', LOGIN))
    await chmod(file, 0o644)
    for (const name of ['.', 'named']) await chmod(folder.file(name), 0o755)
    await folder.write('rauth.yaml', BASE.replace('directory: secrets', 'directory: named'))
    const check = await folder.rauth(['check-config', 'rauth.yaml'])
    const [, command = ''] = /; next: (chmod .*)\n/.exec(check.stderr) ?? []
    const run = spawnSync('sh', ['-c', command], { cwd: folder.file('named'), encoding: 'utf8' })
    assert.equal(run.status, 0, run.stderr)
    assert.equal((await stat(file)).mode & 0o777, 0o600)
    assert.deepEqual(await readdir(folder.file('named')), [path.basename(file)])
  })

  it('lets no name of a file begin a line or move a cursor', async () => {
    const evil = (name: string) => `\u001b[31m${name}\nrauth.yaml: ok`
    const shown = (name: string) => `\\u001b[31m${name}\\u000arauth.yaml: ok`
    // One with a line feed is no manifest at all.
    const manifest = folder.file('secrets/\u001b[31msecret.yaml')
    await writeFile(manifest, 'a:\n\tb: c\n')
    await folder.write('rauth.yaml', BASE)
    const secret = await folder.rauth(['check-config', 'rauth.yaml'])
    await rm(manifest)

    await mkdir(folder.file('odd'))
    await folder.write(`odd/${evil('key')}.key`, 'none')
    await folder.write(`odd/${evil('key')}.crt`, 'none')
    await folder.write('rauth.yaml', `${BASE}keys: { directory: odd }\n`)
    const key = await folder.rauth(['check-config', 'rauth.yaml'])

    await folder.write(evil('config'), `${BASE}foo: 1\n`)
    const config = await folder.rauth(['check-config', evil('config')])
    const nowhere = await folder.rauth(['check-config', evil('nowhere')])
    for (const [name, { stderr, code }] of Object.entries({ secret, key, config, nowhere })) {
      assert.ok(stderr.includes(name === 'secret' ? '\\u001b[31msecret' : shown(name)), stderr)
      assert.ok(!stderr.includes('\u001b'), name)
      assert.doesNotMatch(stderr, /^rauth\.yaml: ok/m, name)
      assert.equal(code, name === 'secret' ? 0 : 1, name)
    }
  })

  for (const [settings, named] of MISSING) {
    it(`names what is not here, where serve does not start: ${named}`, async () => {
      const { check, serve } = await checkAndServe(settings)
      assert.match(check, new RegExp(`: ${named.replaceAll('.', '\\.')} \\S+nowhere is not here`))
      assert.match(serve, /nowhere/)
    })
  }
})
