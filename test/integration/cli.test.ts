import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { loadKeySet } from '../../src/adapters/file/key-files.ts'
import { run, type RunOptions } from '../support/run.ts'

/** The compiled program, beside this compiled test. */
const PROGRAM = path.resolve(import.meta.dirname, '../../src/cli.js')

const MINIMAL = [
  'realm: https://registry.example/token',
  'keys: { directory: keys }',
  'credentials: { directory: credentials }',
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

  async function config(text: string) {
    await writeFile(at('rauth.yaml'), text)
    return at('rauth.yaml')
  }

  it('tells its version', async () => {
    const manifest = await readFile(path.join(PROGRAM, '../../../package.json'), 'utf8')
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
    for (const args of [['serve'], ['check-config'], ['keys'], ['keys', 'init']]) {
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
    ['an option without its value', ['check-config', '--file'], /argument missing/],
    ['an argument too many', ['check-config', 'rauth.yaml'], /too many arguments/],
    ['keys without what to do', ['keys'], /^Usage: rauth keys/],
    ['an unknown thing to do with keys', ['keys', 'inti'], /unknown command 'inti'[^]*init/],
    ['an algorithm that is none', ['keys', 'init', '-a', 'HS256'], /choices are ES256, RS256/],
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
        `${file}:5:3: unknown key "token.expiri"; did you mean "token.expiry"?`,
        `${file}:6:1: unknown key "serivce"; did you mean "service"?`,
      ])
    })

    it('looks at the environment too', async () => {
      const file = await config(MINIMAL)
      const env = { RAUTH_TOKEN_EXPIRY: 'soon' }
      const { code, stdout, stderr } = await rauth(['check-config', '-f', file], { env })
      assert.equal(code, 1)
      assert.equal(stdout, '')
      assert.match(stderr, /^RAUTH_TOKEN_EXPIRY: "token\.expiry" must be a duration/)
    })

    it('says which file it cannot read, and exits with 1', async () => {
      for (const [file, problem] of [
        [at('nowhere.yaml'), 'ENOENT'],
        [directory, 'EISDIR'],
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

    for (const algorithm of ['ES256', 'RS256']) {
      it(`makes ${algorithm} keys that load`, async () => {
        const { code } = await rauth(['keys', 'init', '-d', directory, '-a', algorithm])
        assert.equal(code, 0)
        assert.equal((await loadKeySet(directory, new Date())).active().algorithm, algorithm)
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
      assert.match(stderr, /^no keys can be made in .+: ENOTDIR/)
    })
  })
})
