import assert from 'node:assert/strict'
import { createSecretKey } from 'node:crypto'
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  createFileSecretStore,
  type FileSecretStore,
} from '../../../../src/adapters/file/secrets/secret-store.ts'
import { createBcryptComparison } from '../../../../src/adapters/bcrypt/compare.ts'
import { createAuthenticator } from '../../../../src/credentials/authenticate.ts'
import { createStoredPasswords } from '../../../../src/credentials/stored-passwords.ts'
import { createBcryptChecks } from '../../../../src/credentials/bcrypt-checks.ts'
import { createPasswordHasher } from '../../../../src/credentials/password.ts'
import { RauthError } from '../../../../src/errors.ts'
import type { Log } from '../../../../src/log.ts'
import { Redacted } from '../../../../src/redacted.ts'
import { until } from '../../../support/until.ts'

const hasher = createPasswordHasher(Buffer.alloc(32, 1))
const bindingKey = createSecretKey(Buffer.alloc(32, 2))

/** How long a change is waited for, milliseconds: that it counts within a second is judged with the whole program. */
const BOUND = 20_000

function secret(namespace: string, password: string, username = namespace): string {
  const base64 = (text: string) => Buffer.from(text).toString('base64')
  return [
    'apiVersion: v1',
    'kind: Secret',
    `metadata: {name: registry-credentials, namespace: ${namespace}}`,
    'type: Opaque',
    `data: {username: ${base64(username)}, password: ${base64(password)}}`,
    '',
  ].join('\n')
}

describe('createFileSecretStore', () => {
  let directory: string
  let lines: string[]
  let store: FileSecretStore | undefined

  beforeEach(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'rauth-secrets-'))
    lines = []
  })

  afterEach(async () => {
    store?.close()
    store = undefined
    await rm(directory, { recursive: true, force: true })
    assert.doesNotMatch(lines.join('\n'), /canary|Y2FuYXJ5/, 'a password is in the log')
  })

  const log: Log = {
    info: (fields, message) => lines.push(`info ${message} ${JSON.stringify(fields)}`),
    warn: (fields, message) => lines.push(`warn ${message} ${JSON.stringify(fields)}`),
    error: (fields, message) => lines.push(`error ${message} ${JSON.stringify(fields)}`),
  }

  const put = (name: string, content: string | Buffer) =>
    writeFile(path.join(directory, name), content)

  /** Writes aside and renames: no reader sees half of it. */
  async function replace(name: string, content: string | Buffer) {
    await put('.aside', content)
    await rename(path.join(directory, '.aside'), path.join(directory, name))
  }

  async function start(recheckMs = 3_600_000) {
    const clock = () => Date.now() / 1000
    const made = await createFileSecretStore({
      directory,
      secretName: 'registry-credentials',
      hasher,
      bindingKey,
      log,
      clock,
      recheckMs,
    })
    store = made
    const bcrypt = createBcryptChecks({ compare: createBcryptComparison(), clock })
    const authenticate = createAuthenticator([
      createStoredPasswords(
        { store: made, hasher, bcrypt, clock },
        { name: 'secrets', owns: false },
      ),
    ])
    return {
      store: made,
      /** The namespaces of a login, joined. */
      login: async (username: string, password: string): Promise<string> => {
        const result = await authenticate({ username, password: new Redacted(password) })
        return result.ok ? result.value.namespaces.join() : result.refusal.reason
      },
    }
  }

  async function eventually(read: () => unknown, expected: unknown, within = BOUND) {
    const end = performance.now() + within
    while ((await read()) !== expected && performance.now() < end) await sleep(10)
    assert.equal(await read(), expected)
  }

  const isLoaded = (line: string) => line.includes('credentials loaded')

  /** The error lines, cut down to what they name. */
  const errors = () => lines.filter((line) => line.startsWith('error'))

  it('serves the Secrets of a directory', async () => {
    await put('a.yaml', secret('team-a', 'canary-a'))
    await put('b.yml', secret('team-b', 'canary-b'))
    const json = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'registry-credentials', namespace: 'team-c' },
      stringData: { username: 'team-c', password: 'canary-c' },
    }
    await put('c.json', JSON.stringify(json))
    await put('many.yaml', `${secret('team-d', 'canary-d')}---\n${secret('team-e', 'canary-e')}`)
    const metadata = { name: 'registry-credentials', namespace: 'team-f' }
    const stringData = { username: 'team-f', password: 'canary-f' }
    const items = [{ apiVersion: 'v1', kind: 'Secret', metadata, stringData }]
    await put('list.json', JSON.stringify({ apiVersion: 'v1', kind: 'List', items }))
    const { store, login } = await start()
    assert.equal(store.ready(), true)
    for (const letter of 'abdef') {
      assert.equal(await login(`team-${letter}`, `canary-${letter}`), `team-${letter}`)
    }
    assert.equal(await login('team-c', 'canary-c'), 'team-c')
    assert.deepEqual(store.byUsername('team-g'), [])
    assert.deepEqual(errors(), [])
  })

  it('leaves other files and other objects alone', async () => {
    await put('a.yaml', secret('team-a', 'canary'))
    await put('.hidden.yaml', secret('team-b', 'canary'))
    await put('b.yaml~', secret('team-b', 'canary'))
    await put('README', 'canary')
    await put('other.yaml', secret('team-b', 'canary').replace('registry-credentials', 'other'))
    await mkdir(path.join(directory, 'sub'))
    await put('sub/b.yaml', secret('team-b', 'canary'))
    const { login } = await start()
    assert.equal(await login('team-a', 'canary'), 'team-a')
    assert.equal(await login('team-b', 'canary'), 'credentials_invalid')
    assert.deepEqual(errors(), [])
  })

  it('starts with an empty directory and says so', async () => {
    const { store, login } = await start()
    assert.equal(store.ready(), true)
    assert.equal(await login('team-a', 'canary'), 'credentials_invalid')
    assert.ok(lines.some((line) => line.startsWith('warn no credentials')))
    await put('a.yaml', secret('team-a', 'canary'))
    await eventually(() => login('team-a', 'canary'), 'team-a')
  })

  it('takes a changed password and drops the old one, with another generation', async () => {
    await put('a.yaml', secret('team-a', 'canary-1'))
    const { store, login } = await start()
    const generation = () => store.byUsername('team-a')[0]?.generation
    const before = generation()
    await put('a.yaml', secret('team-a', 'canary-2'))
    await eventually(() => login('team-a', 'canary-2'), 'team-a')
    assert.equal(await login('team-a', 'canary-1'), 'credentials_invalid')
    assert.notEqual(generation(), before)
  })

  it('takes a change that an editor writes aside and renames', async () => {
    await put('a.yaml', secret('team-a', 'canary-1'))
    const { login } = await start()
    for (const i of [2, 3, 4]) {
      await replace('a.yaml', secret('team-a', `canary-${i}`))
      await eventually(() => login('team-a', `canary-${i}`), 'team-a')
    }
    assert.deepEqual(errors(), [])
  })

  it('revokes the credential of a file that is removed', async () => {
    await put('a.yaml', secret('team-a', 'canary'))
    await put('b.yaml', secret('team-b', 'canary'))
    const { store, login } = await start()
    await rm(path.join(directory, 'a.yaml'))
    await eventually(() => login('team-a', 'canary'), 'credentials_invalid')
    assert.deepEqual(store.byUsername('team-a'), [])
    assert.equal(await login('team-b', 'canary'), 'team-b')
  })

  const broken: readonly (readonly [string, string | Buffer])[] = [
    ['cut in a string', 'apiVersion: v1\nkind: Secret\ndata: {password: "canary'],
    ['cut after a line', 'apiVersion: v1\n'],
    ['cut to nothing', ''],
    ['full of text', 'canary'],
    ['full of zeros', Buffer.alloc(64)],
    ['no UTF-8', Buffer.from([0xff, 0xfe, 0x00])],
    ['too large', `${secret('team-a', 'canary')}#${'#'.repeat(1 << 20)}`],
    ['a Secret without password', secret('team-a', '')],
    ['not base64', secret('team-a', 'canary').replace(/password: \w/, 'password: %')],
  ]
  for (const [name, content] of broken) {
    it(`disables only the namespace of a file that becomes ${name}, and names it`, async () => {
      await put('a.yaml', secret('team-a', 'canary'))
      await put('b.yaml', secret('team-b', 'canary'))
      const { login } = await start()
      assert.equal(await login('team-a', 'canary'), 'team-a')
      await replace('a.yaml', content)
      await eventually(() => login('team-a', 'canary'), 'credentials_invalid')
      assert.equal(await login('team-b', 'canary'), 'team-b')
      const [line = '', ...more] = errors()
      assert.deepEqual(more, [])
      assert.match(line, /"file":"a\.yaml"/)
      assert.match(line, /"team-a"/)

      await put('a.yaml', secret('team-a', 'canary'))
      await eventually(() => login('team-a', 'canary'), 'team-a')
    })
  }

  it('disables only the namespaces of links that lead nowhere and of what is no file', async () => {
    await symlink('nowhere', path.join(directory, 'a.yaml'))
    await mkdir(path.join(directory, 'dir.yaml'))
    await put('b.yaml', secret('team-b', 'canary'))
    const { login } = await start()
    assert.equal(await login('team-b', 'canary'), 'team-b')
    assert.equal(errors().length, 2)
  })

  it('names what a bad document in a file of several disables', async () => {
    const good = secret('team-b', 'canary')
    await put('many.yaml', `${secret('team-a', 'canary')}---\n${good}`)
    const { login } = await start()
    await replace('many.yaml', `a: [canary\n---\n${good}`)
    await eventually(() => login('team-a', 'canary'), 'credentials_invalid')
    assert.equal(await login('team-b', 'canary'), 'team-b')
    assert.match(errors().join(), /"namespaces":\["team-a"\]/)

    // Its Secret moves to a file of its own: the bad document disables nothing any more.
    await replace('a.yaml', secret('team-a', 'canary'))
    await eventually(() => login('team-a', 'canary'), 'team-a')
    assert.match(errors().at(-1) ?? '', /nothing in it says of which namespace/)
  })

  it('disables a namespace with two Secrets until one is left', async () => {
    await put('1.yaml', secret('team-a', 'canary-1'))
    await put('b.yaml', secret('team-b', 'canary'))
    const { login } = await start()
    await put('2.yaml', secret('team-a', 'canary-2'))
    await eventually(() => login('team-a', 'canary-1'), 'credentials_invalid')
    assert.equal(await login('team-a', 'canary-2'), 'credentials_invalid')
    assert.equal(await login('team-b', 'canary'), 'team-b')
    assert.match(errors().join(), /"namespace":"team-a","files":\["1.yaml","2.yaml"\]/)
    await rm(path.join(directory, '1.yaml'))
    await eventually(() => login('team-a', 'canary-2'), 'team-a')
  })

  it('disables a namespace with two Secrets in one file', async () => {
    await put('a.yaml', `${secret('team-a', 'canary-1')}---\n${secret('team-a', 'canary-2')}`)
    const { login } = await start()
    assert.equal(await login('team-a', 'canary-1'), 'credentials_invalid')
    assert.equal(await login('team-a', 'canary-2'), 'credentials_invalid')
  })

  it('lets one user name live in several namespaces', async () => {
    await put('a.yaml', secret('team-a', 'canary-1', 'robot'))
    await put('b.yaml', secret('team-b', 'canary-1', 'robot'))
    await put('c.yaml', secret('team-c', 'canary-2', 'robot'))
    const { login } = await start()
    assert.equal(await login('robot', 'canary-1'), 'team-a,team-b')
    assert.equal(await login('robot', 'canary-2'), 'team-c')
  })

  it('warns of a newline at the end, once', async () => {
    await put('a.yaml', secret('team-a', 'canary\n'))
    const { login } = await start()
    assert.equal(await login('team-a', 'canary'), 'credentials_invalid')
    await put('b.yaml', secret('team-b', 'canary'))
    await eventually(() => login('team-b', 'canary'), 'team-b')
    const warnings = lines.filter((line) => line.startsWith('warn'))
    assert.equal(warnings.length, 1)
    assert.match(warnings.join(), /Secret team-a\/registry-credentials: password ends in a newline/)
  })

  it("follows the kubelet's ..data link through swaps", async () => {
    const publish = async (version: number, manifests: Readonly<Record<string, string>>) => {
      const name = `..v${version}`
      await mkdir(path.join(directory, name))
      for (const [file, content] of Object.entries(manifests)) {
        await put(path.join(name, file), content)
      }
      await symlink(name, path.join(directory, '..data_tmp'))
      await rename(path.join(directory, '..data_tmp'), path.join(directory, '..data'))
      await rm(path.join(directory, `..v${version - 1}`), { recursive: true, force: true })
    }
    await publish(1, { 'a.yaml': secret('team-a', 'canary-1') })
    await symlink(path.join('..data', 'a.yaml'), path.join(directory, 'a.yaml'))
    const { login } = await start()
    assert.equal(await login('team-a', 'canary-1'), 'team-a')
    for (const version of [2, 3, 4]) {
      await publish(version, { 'a.yaml': secret('team-a', `canary-${version}`) })
      await eventually(() => login('team-a', `canary-${version}`), 'team-a')
      assert.equal(await login('team-a', `canary-${version - 1}`), 'credentials_invalid')
    }
    assert.deepEqual(errors(), [])
  })

  it('sees at the recheck what no event tells: a file behind a link', async () => {
    const elsewhere = await mkdtemp(path.join(tmpdir(), 'rauth-elsewhere-'))
    try {
      const target = path.join(elsewhere, 'a.yaml')
      await writeFile(target, secret('team-a', 'canary-1'))
      await symlink(target, path.join(directory, 'a.yaml'))
      const { login } = await start(100)
      await writeFile(target, secret('team-a', 'canary-2'))
      await eventually(() => login('team-a', 'canary-2'), 'team-a')
    } finally {
      await rm(elsewhere, { recursive: true })
    }
  })

  it('says how much it found that is of another kind or name', async () => {
    const other = secret('team-b', 'canary').replace('registry-credentials', 'db-credentials')
    await put('a.yaml', `${secret('team-a', 'canary')}---\n${other}`)
    await start()
    const [loaded] = lines.filter(isLoaded)
    assert.match(
      loaded ?? '',
      /"credentials":1,.*"ignored":1,"reason":"not a Secret named registry-c/,
    )
  })

  it('says how many Secrets ended, and names them once', async () => {
    const end = (time: string) =>
      secret('team-a', 'canary-a') + `stringData: {notAfter: '${time}'}\n`
    await put('a.yaml', end('2020-01-31T12:00:00Z'))
    await put('b.yaml', secret('team-b', 'canary-b'))
    const { store } = await start(50)
    await replace('c.yaml', secret('team-c', 'canary-c'))
    await until('it is there', 10_000, () => store.byUsername('team-c').length === 1)
    await until('it is told', 10_000, () => lines.filter(isLoaded).length > 1)
    assert.match(
      lines.find(isLoaded) ?? '',
      /"credentials":2,"usable":1,"unusable":0,"ended":1,"waits":0}/,
    )
    const told = lines.filter((line) => line.startsWith('warn'))
    assert.equal(told.length, 1)
    assert.match(
      told[0] ?? '',
      /^warn Secret team-a\/registry-credentials ended at 2020-01-31T12:00:00Z: .*"file":"a\.yaml"/,
    )
  })

  it('warns of a Secret that is nearly called as it should be, with its file', async () => {
    const other = secret('team-b', 'canary').replace('registry-credentials', 'registry-credential')
    await put('typo.yaml', other)
    await start()
    const [warning] = lines.filter((line) => line.includes('misspelt'))
    assert.match(warning ?? '', /"file":"typo\.yaml","name":"registry-credential"/)
  })

  it('names who has no Secret any more', async () => {
    await put('a.yaml', secret('team-a', 'canary'))
    await put('b.yaml', secret('team-b', 'canary'))
    const { store } = await start(50)
    await rm(path.join(directory, 'b.yaml'))
    await until('it is gone', 10_000, () => store.byUsername('team-b').length === 0)
    const loaded = lines.filter(isLoaded)
    assert.equal(loaded.length, 2)
    assert.doesNotMatch(loaded[0] ?? '', /"gone"/)
    assert.match(loaded[1] ?? '', /"credentials":1,.*"gone":\["team-b"\]/)
  })

  it('does not load again what did not change', async () => {
    await put('a.yaml', secret('team-a', 'canary'))
    await put('b.yaml', 'canary')
    const { store } = await start(50)
    const before = store.byUsername('team-a')
    await replace('a.yaml', secret('team-a', 'canary'))
    await sleep(300)
    assert.equal(store.byUsername('team-a'), before)
    assert.equal(lines.filter(isLoaded).length, 1)
    assert.equal(errors().length, 1)
  })

  it('keeps the last credentials while the directory is gone, and goes on when it is back', async () => {
    await put('a.yaml', secret('team-a', 'canary-1'))
    const { store, login } = await start()
    await rename(directory, `${directory}-away`)
    try {
      await eventually(() => errors().length > 0, true)
      assert.equal(await login('team-a', 'canary-1'), 'team-a')
      assert.equal(store.ready(), true)
      // Looked at again every second, told once.
      await sleep(1200)
      assert.equal(errors().length, 1)
      assert.match(errors().join(), /stay in force/)
      assert.match(store.problem() ?? '', /ENOENT/)
    } finally {
      await rename(`${directory}-away`, directory)
    }
    const back = () =>
      store.problem() === undefined && lines.some((line) => line.includes('readable again'))
    await eventually(back, true, 2 * BOUND)
    await put('a.yaml', secret('team-a', 'canary-2'))
    await eventually(() => login('team-a', 'canary-2'), 'team-a')
  })

  it('holds no half of a change, however often files are written', async () => {
    await put('a.yaml', secret('team-a', 'canary-0'))
    const { login } = await start()
    for (let i = 1; i <= 50; i += 1) {
      await replace('a.yaml', secret('team-a', `canary-${i}`))
      if (i % 10 === 0) await sleep(30)
    }
    await eventually(() => login('team-a', 'canary-50'), 'team-a')
    assert.deepEqual(errors(), [])
  })

  it('serves two thousand namespaces and sees a change among them in time', async () => {
    const write = (i: number, password: string) =>
      put(`team-${i}.yaml`, secret(`team-${i}`, password))
    for (let i = 0; i < 2000; i += 1) await write(i, 'canary')
    const { login } = await start()
    assert.equal(await login('team-1999', 'canary'), 'team-1999')
    await write(1234, 'canary-2')
    await eventually(() => login('team-1234', 'canary-2'), 'team-1234', 3 * BOUND)
  })

  it('fails at the start without a directory, and says where and what to do', async () => {
    await rm(directory, { recursive: true })
    await assert.rejects(start(), (error: unknown) => {
      assert.ok(error instanceof RauthError)
      assert.equal(error.code, 'ERR_CREDENTIALS_UNREADABLE')
      assert.ok(error.message.includes(directory))
      assert.match(error.message, /ENOENT.*create it/)
      return true
    })
  })

  it('fails at the start with a file for a directory', async () => {
    await rm(directory, { recursive: true })
    await writeFile(directory, '')
    await assert.rejects(start(), { code: 'ERR_CREDENTIALS_UNREADABLE' })
  })

  it('disables the namespace of a file that cannot be read', async () => {
    await put('a.yaml', secret('team-a', 'canary'))
    await put('b.yaml', secret('team-b', 'canary'))
    const { login } = await start()
    // A link to itself: unlike missing rights it stops root, too.
    await symlink('a.yaml', path.join(directory, 'loop'))
    await rename(path.join(directory, 'loop'), path.join(directory, 'a.yaml'))
    await eventually(() => login('team-a', 'canary'), 'credentials_invalid')
    assert.equal(await login('team-b', 'canary'), 'team-b')
    assert.match(lines.join('\n'), /cannot be read \(ELOOP\)/)
  })

  it('widens nothing by a manifest of which half is there', async () => {
    const limited = (password: string, more = '') =>
      secret('team-a', password).replace(/data: .*/, (data) => `${data}\nstringData:\n${more}`)
    const whole = limited('canary-a', '  note: x\n  actions: pull\n')
    await put('a.yaml', whole)
    const { store: opened, login } = await start()
    const actions = () => opened.byUsername('team-a').map((one) => one.actions?.join() ?? 'all')
    assert.deepEqual(actions(), ['pull'])

    await put('a.yaml', whole.replace('  actions: pull\n', ''))
    await eventually(() => lines.filter((line) => line.includes('nothing of actions')).length, 1)
    assert.deepEqual(actions(), ['pull'])
    // Another password is another one at once.
    await put('a.yaml', limited('canary-b', '  note: x\n'))
    await eventually(() => login('team-a', 'canary-b'), 'team-a')
    assert.deepEqual(actions(), ['pull'])
    await put('a.yaml', limited('canary-b', '  actions: pull,push,delete\n'))
    await eventually(() => actions().join(), 'pull,push,delete')

    await put('a.yaml', limited('canary-b', '  actions: pull,push').trimEnd())
    // It may be looked at while there is nothing in it yet, too.
    const isHalf = () =>
      /"namespace":"team-a".*ends in the middle of a line/.test(errors().at(-1) ?? '')
    await eventually(isHalf, true)
    assert.deepEqual(actions(), [])
    await put('a.yaml', limited('canary-b', '  actions: pull\n'))
    await eventually(() => actions().join(), 'pull')

    // What was written beside and put in its place is all of it.
    await replace('a.yaml', limited('canary-b', '  note: x\n'))
    await eventually(() => actions().join(), 'all')
  })
})
