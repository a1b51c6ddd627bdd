import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { loadKeySet } from '../../src/adapters/file/keys/key-files.ts'
import { initializeKeys, makeNextKey } from '../../src/adapters/file/keys/key-maker.ts'
import { ALGORITHM_NAMES } from '../../src/token/algorithms.ts'
import { secretManifest } from '../../tools/stack/secret-manifest.ts'
import { run, type RunOptions } from '../support/run.ts'

/** The bundled program, from dist/test/integration. */
const PROGRAM = path.resolve(import.meta.dirname, '../../rauth.js')

const MINIMAL = [
  'realm: https://registry.example/token',
  'keys: { directory: keys }',
  'credentials: { directory: credentials }',
  'listen: { token: localhost:0, gateway: 127.0.0.1:0, gatewayHttp: "[::1]:0" }',
  '',
].join('\n')

describe('rauth', () => {
  let directory: string
  const inherited = Object.keys(process.env).filter((name) => name.startsWith('RAUTH_'))
  const kept = Object.fromEntries(inherited.map((name) => [name, process.env[name]]))

  before(() => {
    for (const name of inherited) Reflect.deleteProperty(process.env, name)
  })

  after(() => {
    Object.assign(process.env, kept)
  })

  beforeEach(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'rauth-cli-'))
  })

  afterEach(() => rm(directory, { recursive: true }))

  async function rauth(args: readonly string[], options: RunOptions = {}) {
    const { code, stdout, stderr } = await run(process.execPath, [PROGRAM, ...args], options)
    // A stack trace is never an answer.
    assert.doesNotMatch(stderr, /^\s+at .+:\d+:\d+/m)
    return { code, stdout, stderr }
  }

  const at = (name: string) => path.join(directory, name)

  /** Keys and a Secret. */
  async function layFiles() {
    if (existsSync(at('keys'))) return
    for (const name of ['keys', 'credentials']) await mkdir(at(name), { mode: 0o700 })
    await initializeKeys({ directory: at('keys'), algorithm: 'ES256', now: new Date() })
    const secret = secretManifest('team-a', { username: 'team-a', password: 'a long random text' })
    await writeFile(at('credentials/team-a.yaml'), secret)
  }

  async function config(text: string) {
    await writeFile(at('rauth.yaml'), text)
    return at('rauth.yaml')
  }

  it('tells its version', async () => {
    const manifest = await readFile(path.join(PROGRAM, '../../package.json'), 'utf8')
    const { version } = JSON.parse(manifest) as { version: string }
    assert.deepEqual(await rauth(['--version']), { code: 0, stdout: `${version}\n`, stderr: '' })
  })

  it('lists its subcommands on stdout when it is asked for help', async () => {
    for (const args of [['--help'], ['-h'], ['help']]) {
      const { code, stdout, stderr } = await rauth(args)
      assert.equal(code, 0)
      for (const name of ['serve', 'check-config', 'keys']) {
        assert.match(stdout, new RegExp(`^  ${name}\\b`, 'm'))
      }
      assert.equal(stderr, '')
    }
  })

  it('has help for every subcommand', async () => {
    for (const args of [
      ...[['serve'], ['check-config'], ['keys'], ['keys', 'init'], ['keys', 'rotate']],
      ...[
        ['keys', 'list'],
        ['keys', 'jwks'],
        ['keys', 'bundle'],
      ],
    ]) {
      const { code, stdout, stderr } = await rauth([...args, '--help'])
      assert.equal(code, 0, args.join(' '))
      assert.match(stdout, new RegExp(`^Usage: rauth ${args.join(' ')} `))
      assert.equal(stderr, '')
    }
  })

  const usage: readonly (readonly [string, readonly string[], RegExp])[] = [
    ['no subcommand', [], /^Usage: rauth/],
    ['an unknown subcommand', ['chek-config'], /unknown command 'chek-config'[^]*check-config/],
    ['an unknown option', ['check-config', '--flie', 'x'], /unknown option '--flie'[^]*--file/],
    [
      'an option before its command',
      ['-c', 'x.yaml', 'explain', 'x'],
      /^error: '-c' is an option of commands, and stands behind them: rauth COMMAND -c …\n\(rauth --help/,
    ],
    [
      'an option before its command, with its value',
      ['--policy=x.yaml', 'policy', 'lint'],
      /^error: '--policy' is an option of commands/,
    ],
    ['an option of no command', ['--polici'], /^error: unknown option '--polici'/],
    [
      'explain of nothing',
      ['explain'],
      /^error: say what: rauth explain repository:team-b\/app:pull --as team-a; or a token, /,
    ],
    ['an option without its value', ['check-config', '--file'], /argument missing/],
    ['an argument too many', ['check-config', 'a.yaml', 'b.yaml'], /too many arguments/],
    ['the file named twice', ['check-config', 'a.yaml', '-f', 'a.yaml'], /named twice/],
    ['a file named twice', ['serve', 'a.yaml', '-c', 'a.yaml'], /named twice/],
    ['keys without what to do', ['keys'], /^Usage: rauth keys/],
    ['an unknown thing to do with keys', ['keys', 'inti'], /unknown command 'inti'[^]*init/],
    [
      'an algorithm that is none',
      ['keys', 'init', '-a', 'HS256'],
      /choices are ES256, ES384, RS256, EdDSA/,
    ],
    ['a role that is none', ['serve', '--role', 'both'], /choices are all, token, gateway/],
    ['a port that is none', ['serve', '--port', '65536'], /a whole number from 0 to 65535/],
  ]
  for (const [name, args, message] of usage) {
    it(`exits with 2 and talks on stderr only: ${name}`, async () => {
      const { code, stdout, stderr } = await rauth(args)
      assert.equal(code, 2)
      assert.equal(stdout, '')
      assert.match(stderr, message)
    })
  }

  describe('check-config', () => {
    it('says ok on stdout and exits with 0', async () => {
      const file = await config(MINIMAL)
      await layFiles()
      assert.deepEqual(await rauth(['check-config', '--config', file]), await rauth(['check-config', '-f', file])) // prettier-ignore
      assert.deepEqual(await rauth(['check-config', '-f', file]), {
        ...{ code: 0, stdout: `${file}: ok\n`, stderr: '' },
      })
    })

    it('says where each mistake is and what was meant, on stderr, and exits with 1', async () => {
      const file = await config(`${MINIMAL}token:\n  expiri: 5m\nserivce: x\n`)
      const { code, stdout, stderr } = await rauth(['check-config', '--file', file])
      assert.equal(code, 1)
      assert.equal(stdout, '')
      assert.deepEqual(stderr.trimEnd().split('\n').sort(), [
        `${file}:6:3: unknown key "token.expiri"; did you mean "token.expiry"?`,
        `${file}:7:1: unknown key "serivce"; did you mean "service"?`,
      ])
    })

    describe('of a policy file', () => {
      const withPolicy = async (policy?: string, more = '') => {
        await layFiles()
        if (policy !== undefined) await writeFile(at('policy.yaml'), policy)
        const file = await config(`${MINIMAL}policy:\n  file: policy.yaml\n${more}`)
        return { file, ...(await rauth(['check-config', '-f', file])) }
      }

      it('says ok where it is', async () => {
        const { file, code, stdout, stderr } = await withPolicy(
          'rules:\n  - { match: { name: a }, actions: [pull] }\n',
        )
        assert.deepEqual([code, stdout, stderr], [0, `${file}: ok\n`, ''])
      })

      it('warns of an account that any namespace can take, at its line', async () => {
        const { file, code, stderr } = await withPolicy(
          'rules:\n  - { match: {}, actions: [] }\n  - { match: { account: ci }, actions: [pull] }\n',
        )
        assert.equal(code, 0)
        assert.match(stderr, /: policy\.yaml:3 is for an account of any namespace, /)
        assert.ok(stderr.startsWith(`${file}: `))
      })

      it('warns of namespaces in shadow, which may do what is denied', async () => {
        const { code, stderr } = await withPolicy('shadow: [{ namespace: a }]\nrules: []\n')
        assert.equal(code, 0)
        assert.match(
          stderr,
          /policy\.yaml:1 lets the namespace a pull, push and delete \$\{namespace\}\/\*\* /,
        )
      })

      it('says where each mistake is', async () => {
        const { code, stdout, stderr } = await withPolicy(
          "rules:\n  - { match: { name: 'a[b]' }, actions: [pull] }\n  - match: {}\n    action: []\n",
        )
        assert.deepEqual([code, stdout], [1, ''])
        const policy = at('policy.yaml')
        assert.deepEqual(
          stderr
            .trimEnd()
            .split('\n')
            .map((line) => line.slice(0, policy.length + 23)),
          [
            `${policy}:2:16: "rules.0.match.n`,
            `${policy}:3:5: "rules.1.actions"`,
            `${policy}:4:5: unknown key "rule`,
          ],
        )
      })

      it('says so where there is none here', async () => {
        const { code, stdout, stderr } = await withPolicy()
        assert.deepEqual([code, stdout], [1, ''])
        assert.match(stderr, /policy\.file .*policy\.yaml is not here: put a policy there/)
        assert.match(stderr, /: rauth would not start here; elsewhere: --no-files\n$/)
      })

      it('does not take it beside lists', async () => {
        const { file, code, stderr } = await withPolicy('rules: []\n', '  shared: [a/**]\n')
        assert.equal(code, 1)
        assert.match(stderr, /^(.*):6:3: "policy\.file" cannot stand beside "policy\.shared": /)
        assert.ok(stderr.startsWith(file))
      })
    })

    describe('of a users file', () => {
      const withUsers = async (users?: string) => {
        await layFiles()
        if (users !== undefined) await writeFile(at('users.yaml'), users)
        const file = await config(`${MINIMAL}identity: [{ users: { file: users.yaml } }]\n`)
        return { file, ...(await rauth(['check-config', '-f', file])) }
      }

      it('says so where there is none here', async () => {
        const { code, stderr } = await withUsers()
        assert.equal(code, 1)
        assert.match(stderr, /users\.file .*users\.yaml is not here: put the users there/)
      })

      it('says where each mistake is, and nothing of a password', async () => {
        const { code, stderr } = await withUsers('accounts: { alice: { password: canary } }\n')
        assert.equal(code, 1)
        assert.ok(stderr.startsWith(`${at('users.yaml')}:1:22: "accounts.alice.password" must be`))
        assert.doesNotMatch(stderr, /canary/)
      })
    })

    it('looks at the environment too', async () => {
      const file = await config(MINIMAL)
      const env = { RAUTH_TOKEN_EXPIRY: 'soon' }
      const { code, stdout, stderr } = await rauth(['check-config', '-f', file], { env })
      assert.equal(code, 1)
      assert.equal(stdout, '')
      assert.match(stderr, /^RAUTH_TOKEN_EXPIRY: "token\.expiry" must be a duration/)
    })

    it('says once more what opens every repository, on stderr, and exits with 0', async () => {
      await layFiles()
      const file = await config(`${MINIMAL}policy: { public: ['**'], shared: ['**', a/**] }\n`)
      assert.deepEqual(await rauth(['check-config', '-f', file]), {
        code: 0,
        stdout: `${file}: ok, 2 warnings\n`,
        stderr: [
          `${file}: policy.public has "**": everyone, also without credentials, can pull every image\n`,
          `${file}: policy.shared has "**": every namespace can pull every image\n`,
        ].join(''),
      })
    })

    it('warns of ports in the clear, and names TLS files that are not here', async () => {
      await layFiles()
      const [realm, keys, credentials] = MINIMAL.split('\n')
      const tls = 'tls: { gateway: { certificate: c.crt, key: c.key } }'
      const file = await config([realm, keys, credentials, tls, ''].join('\n'))
      const warning = `${file}: no TLS for what other machines reach (listen.token, listen.gatewayHttp): passwords and tokens travel in the clear unless a mesh encrypts them; next: certificate and key at tls.token, tls.gatewayHttp, or this machine alone, listen: { token: 127.0.0.1:8080, gatewayHttp: 127.0.0.1:9192, operations: 127.0.0.1:9090 }\n`
      const missing = [
        `${file}: tls.gateway.certificate ${at('c.crt')} is not here\n`,
        `${file}: tls.gateway.key ${at('c.key')} is not here\n`,
        `${file}: rauth would not start here; elsewhere: --no-files\n`,
      ].join('')
      assert.deepEqual(await rauth(['check-config', file]), {
        ...{ code: 1, stdout: '', stderr: warning + missing },
      })
      assert.deepEqual(await rauth(['check-config', file, '--no-files']), {
        ...{ code: 0, stdout: `${file}: ok, 1 warning\n`, stderr: warning },
      })
    })

    it('says which file it cannot read, and exits with 1', async () => {
      for (const [file, problem] of [
        [at('nowhere.yaml'), 'ENOENT.*; say where it is'],
        [directory, 'EISDIR.*; name the file in it'],
      ] as const) {
        const { code, stdout, stderr } = await rauth(['check-config', '-f', file])
        assert.equal(code, 1)
        assert.equal(stdout, '')
        assert.match(stderr, new RegExp(`^cannot read the configuration: ${problem}`))
      }
    })

    it('answers the same with colours and without', async () => {
      const file = await config('a: b: c')
      const plain = await rauth(['check-config', '-f', file], { env: { NO_COLOR: '1' } })
      const coloured = await rauth(['check-config', '-f', file], { env: { FORCE_COLOR: '1' } })
      assert.deepEqual(coloured, plain)
      assert.ok(!coloured.stderr.includes('\u001b'))
    })
  })

  describe('keys init', () => {
    const FILES = ['ca.key', 'ca.crt', 'signing.key', 'signing.crt', 'binding.key']
    const lines = (word: string) => FILES.map((name) => `${word} ${at(name)}\n`).join('')

    it('makes what is missing and keeps what is there, and says so on stdout', async () => {
      const args = ['keys', 'init', '--directory', directory]
      assert.deepEqual(await rauth(args), { code: 0, stdout: lines('created'), stderr: '' })
      const read = () => Promise.all(FILES.map((name) => readFile(at(name), 'utf8')))
      const before = await read()
      assert.deepEqual(await rauth(args), { code: 0, stdout: lines('kept'), stderr: '' })
      assert.deepEqual(await read(), before)
      assert.deepEqual((await readdir(directory)).sort(), [...FILES].sort())
    })

    it('says when the key that it keeps is of another algorithm than was asked for', async () => {
      await rauth(['keys', 'init', '-d', directory])
      const { code, stderr } = await rauth(['keys', 'init', '-d', directory, '-a', 'RS256'])
      assert.equal(code, 1)
      assert.match(stderr, /kept is for ES256; next: rauth keys rotate -a RS256 -d /)
      assert.equal((await rauth(['keys', 'init', '-d', directory])).code, 0)
    })

    it('says how to get rid of a key of another certificate, and that is enough', async () => {
      const args = ['keys', 'init', '-d', directory]
      await rauth(args)
      const other = path.join(directory, 'other')
      await rauth(['keys', 'init', '-d', other])
      await copyFile(path.join(other, 'signing.key'), at('signing.key'))
      const { code, stderr } = await rauth(args)
      assert.equal(code, 1)
      assert.match(stderr, /or remove both signing\.key and signing\.crt and run rauth keys init/)
      for (const name of ['signing.key', 'signing.crt']) await rm(at(name))
      const { stdout, ...made } = await rauth(args)
      assert.deepEqual(made, { code: 0, stderr: '' })
      assert.match(stdout, /created .*signing\.key\ncreated .*signing\.crt\nkept .*ca\.key/)
    })

    for (const algorithm of ALGORITHM_NAMES) {
      it(`makes ${algorithm} keys that load`, async () => {
        const { code } = await rauth(['keys', 'init', '-d', directory, '-a', algorithm])
        assert.equal(code, 0)
        assert.equal(
          (await loadKeySet(directory, new Date())).active(Date.now() / 1000).algorithm,
          algorithm,
        )
      })
    }

    it('refuses half a pair on stderr with 1, and makes nothing', async () => {
      await writeFile(at('ca.key'), '')
      const { code, stdout, stderr } = await rauth(['keys', 'init', '-d', directory])
      assert.equal(code, 1)
      assert.equal(stdout, '')
      assert.equal(
        stderr,
        `${at('ca.key')} is there but ${at('ca.crt')} is not; put it back, or remove the one to make both anew\n`,
      )
      assert.deepEqual(await readdir(directory), ['ca.key'])
    })

    it('says where it cannot make keys, with 1', async () => {
      const file = await config('')
      const { code, stdout, stderr } = await rauth(['keys', 'init', '-d', path.join(file, 'keys')])
      assert.equal(code, 1)
      assert.equal(stdout, '')
      assert.match(stderr, /^no key can be made in .+: ENOTDIR/)
    })
  })

  describe('keys of a folder', () => {
    interface Listing {
      keys: { kid: string; algorithm: string; file: string; state: string; neededUntil?: string }[]
      authorities: { file: string }[]
      problems: { file: string; problem: string }[]
    }
    const keys = async (...args: readonly string[]) => {
      const result = await rauth(['keys', ...args, '-d', directory])
      return { ...result, lines: result.stdout.trimEnd().split('\n') }
    }
    const list = async () => JSON.parse((await keys('list', '-o', 'json')).stdout) as Listing

    beforeEach(async () => {
      assert.equal((await keys('init')).code, 0)
    })

    it('rotate makes the next key, which waits, and touches nothing else', async () => {
      const before = await readdir(directory)
      const { code, lines, stderr } = await keys('rotate')
      assert.equal(code, 0, stderr)
      assert.match(lines.join(), /^created .+\/signing-\d{8}T\d{6}Z\.key,created .+Z\.crt$/)
      assert.match(
        stderr,
        /keys\.publishAhead 300 s, longest token 300 s \(from the environment and defaults/,
      )
      assert.match(stderr, /the new key signs from \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/m)
      assert.equal((await readdir(directory)).length, before.length + 2)
      const { keys: listed, authorities, problems } = await list()
      assert.deepEqual(
        listed.map(({ algorithm, state }) => [algorithm, state]),
        [
          ['ES256', 'waits'],
          ['ES256', 'signs'],
        ],
      )
      assert.equal(listed[1]?.file, at('signing.key'))
      assert.equal(authorities[0]?.file, at('ca.crt'))
      assert.deepEqual(problems, [])
      const mode = (await stat(listed[0]?.file ?? '')).mode & 0o777
      assert.equal(mode, 0o600)
    })

    it('rotate takes another algorithm and a lifetime', async () => {
      const { code, stderr } = await keys('rotate', '-a', 'EdDSA', '--days', '30')
      assert.equal(code, 0, stderr)
      const { keys: listed } = await list()
      assert.equal(listed[0]?.algorithm, 'EdDSA')
      for (const wrong of [
        ['--days', '0'],
        ['-a', 'HS256'],
        ['--prune', '-a', 'ES256'],
      ]) {
        assert.equal((await keys('rotate', ...wrong)).code, 2, wrong.join(' '))
      }
    })

    it('rotate needs ca.key, and says so', async () => {
      await rm(at('ca.key'))
      const { code, stdout, stderr } = await keys('rotate')
      assert.equal(code, 1)
      assert.equal(stdout, '')
      assert.match(stderr, /ca\.key cannot be read: ENOENT.+; next: put it here for the moment/)
    })

    it('rotate --prune removes what no token needs any more, by the times of the configuration', async () => {
      await keys('rotate')
      const kept = await keys('rotate', '--prune')
      assert.equal(kept.code, 0)
      assert.match(kept.stdout, /^kept .+signing-.+\.key\nkept .+signing\.key, needed until .+Z\n$/)
      const file = await config(
        'realm: https://registry.example/token\n' +
          `keys: { directory: ${directory}, publishAhead: 0 }\n` +
          'token: { expiry: 60s, leeway: 0 }\n',
      )
      const prune = () => rauth(['keys', 'rotate', '--prune', '-c', file])
      assert.match((await prune()).stdout, /signing\.key, needed until/)
      // As if the rotation had been two minutes ago.
      const past = new Date(Date.now() - 120_000)
      await makeNextKey('signing-b', { directory, algorithm: 'ES256', now: past })
      const { code, stdout } = await prune()
      assert.equal(code, 0)
      assert.match(stdout, /^removed .+\/signing\.key\nremoved .+\/signing\.crt$/m)
      assert.ok(!(await readdir(directory)).some((name) => name.startsWith('signing.')))
      assert.match((await keys('list')).stdout, /signs/)
    })

    it('list is a table of what each key does, with the CA, in plain text', async () => {
      await keys('rotate')
      const { code, lines } = await keys('list')
      assert.equal(code, 0)
      assert.match(lines[0] ?? '', /^KEY ID +ALGORITHM +FILE +STATE +EXPIRES$/)
      assert.match(lines[1] ?? '', /^[\w-]{43} +ES256 .+verifies, signs from .+Z +\d{4}-/)
      assert.match(lines[2] ?? '', /^[\w-]{43} +ES256 .+signing\.key +signs +\d{4}-/)
      assert.match(lines[3] ?? '', /^- +- .+ca\.crt +CA +\d{4}-/)
    })

    it('list names a key that cannot be used, the others as well, and exits with 1', async () => {
      await writeFile(at('bad.key'), 'x')
      const { code, stdout, stderr } = await keys('list')
      assert.equal(code, 1)
      assert.match(stdout, /bad\.key +cannot be used/)
      assert.match(stdout, /signing\.key +signs/)
      assert.match(stderr, /bad\.key is not a private key/)
      assert.equal((await list()).problems[0]?.file, at('bad.key'))
    })

    it('jwks prints what /jwks.json will have, and nothing private', async () => {
      await keys('rotate', '-a', 'ES384')
      const { code, stdout, stderr } = await keys('jwks')
      assert.equal(code, 0)
      assert.equal(stderr, '')
      const parsed = JSON.parse(stdout) as { keys: Record<string, string>[] }
      const { keys: listed } = await list()
      assert.deepEqual(
        parsed.keys.map(({ kid }) => kid),
        listed.map(({ kid }) => kid),
      )
      assert.doesNotMatch(stdout, /"d"/)
    })

    it('bundle prints the CA, and with --leaves the keys and what registry 2.8 cannot do', async () => {
      const ca = await readFile(at('ca.crt'), 'utf8')
      const { stdout, stderr } = await keys('bundle')
      assert.equal(stdout.replace(/\s/g, ''), ca.replace(/\s/g, ''))
      assert.equal(stderr, '')
      const leaf = await readFile(at('signing.crt'), 'utf8')
      const all = await keys('bundle', '--leaves')
      assert.equal(all.stdout.replace(/\s/g, ''), (ca + leaf).replace(/\s/g, ''))
      assert.match(all.stderr, /registry 2\.8/)
      await rm(at('ca.crt'))
      const without = await keys('bundle')
      assert.equal(without.code, 1)
      assert.match(without.stderr, /has no ca\.crt/)
    })

    it('init and rotate say which registry does not take an algorithm', async () => {
      for (const name of ['init', 'rotate']) {
        const { stdout } = await rauth(['keys', name, '--help'])
        assert.match(stdout, /Registry 2\.8 does not verify EdDSA/)
      }
    })
  })
})
