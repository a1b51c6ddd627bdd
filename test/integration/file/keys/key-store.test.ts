import assert from 'node:assert/strict'
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  createFileSigningKeyStore,
  type FileSigningKeyStore,
} from '../../../../src/adapters/file/keys/key-store.ts'
import { SETTLE } from '../../../../src/adapters/file/trouble.ts'
import { RauthError } from '../../../../src/errors.ts'
import { createAuthority, createLeaf, type KeyPairPem } from '../../../../src/token/certificate.ts'
import { createIssuer } from '../../../../src/token/issuer.ts'
import { createVerifier } from '../../../../src/token/verifier.ts'
import { mixedKey, mountFiles, pairFiles } from './key-folder.ts'
import { logInto, type LoggedLine } from '../../../support/logged-lines.ts'
import { putFiles } from '../../../support/put-files.ts'
import { until as waitUntil } from '../../../support/until.ts'

const NOW = new Date('2026-11-24T12:00:00Z')
const SECONDS = NOW.getTime() / 1000
const MINUTE = 60
const DAY = 24 * 60 * MINUTE
const AHEAD = 5 * MINUTE

const base = { algorithm: 'ES256', now: NOW, days: 365 } as const
const ca = await createAuthority({ ...base, name: 'CA' })
const first = await createLeaf(ca, { ...base, name: 'first' })
const second = await createLeaf(ca, { ...base, name: 'second', notBefore: NOW })
const foreign = await createLeaf(await createAuthority({ ...base, name: 'CA' }), {
  ...{ ...base, name: 'foreign' },
})
const ending = await createLeaf(ca, { ...base, name: 'ending', days: 1 })
const CA = { 'ca.crt': ca.certificate }

describe('createFileSigningKeyStore', () => {
  let directory: string
  let store: FileSigningKeyStore | undefined
  let now: number
  let failures: number
  let lines: LoggedLine[]

  beforeEach(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'rauth-keys-'))
    ;[now, failures, lines] = [SECONDS, 0, []]
  })

  afterEach(async () => {
    store?.close()
    await rm(directory, { recursive: true, force: true })
  })

  const logged = (level: string) => lines.filter((line) => line.level === level)

  const until = (what: string, wanted: () => boolean, limit = 20_000) =>
    waitUntil(what, limit, wanted)

  async function open(recheckMs = 3_600_000): Promise<FileSigningKeyStore> {
    store = await createFileSigningKeyStore({
      ...{ directory, publishAhead: AHEAD, recheckMs },
      clock: () => now,
      log: logInto(lines),
      onFailure: () => (failures += 1),
    })
    return store
  }

  const put = (files: Parameters<typeof putFiles>[1]) => putFiles(directory, files)
  const kids = () => (store?.jwks().keys ?? []).map(({ kid }) => kid)

  /**
   * Writes what is whole only at its end. Undone, and written again, where this took longer than something wrong may last
   * before it is spoken of.
   */
  async function inTime(write: () => Promise<void>, undo: () => Promise<unknown>): Promise<void> {
    for (let attempt = 0; attempt < 20; attempt += 1) {
      ;[failures, lines.length] = [0, 0]
      const begin = performance.now()
      await write()
      if (performance.now() - begin < SETTLE) return
      await undo()
    }
    assert.fail('this machine is late each time')
  }

  /** Long enough for a change to have been noticed, settled and told. */
  const settled = () => sleep(700)

  it('publishes and finds a new key at once, signs with it later, and says which is there', async () => {
    await put({ ...CA, ...pairFiles('a', first) })
    const keys = await open()
    const old = keys.active(now)
    await put(pairFiles('b', second))
    await until('the new key', () => kids().length === 2)
    assert.equal(keys.active(now), old)
    assert.equal(keys.active(now + AHEAD - 1), old)
    const young = keys.active(now + AHEAD)
    assert.notEqual(young.kid, old.kid)
    assert.equal(keys.find(young.kid), young)
    await settled()
    assert.equal(failures, 0)
    assert.equal(keys.problem(), undefined)
    assert.deepEqual(lines.at(-1), {
      ...{ level: 'info', message: 'keys loaded' },
      fields: { directory, keys: [young.kid, old.kid], signs: old.kid },
    })
  })

  it('keeps the very key that was read before, so that what is known of its tokens stays', async () => {
    await put({ ...CA, ...pairFiles('a', first) })
    const keys = await open()
    const old = keys.active(now)
    await put(pairFiles('b', second))
    await until('the new key', () => kids().length === 2)
    assert.equal(keys.find(old.kid), old)
  })

  it('ends a removed key at once, also for tokens that the verifier remembers', async () => {
    await put({ ...CA, ...pairFiles('a', first), ...pairFiles('b', second) })
    const keys = await open()
    const clock = () => now
    const verifier = createVerifier({
      ...{ keys, clock, issuer: 'rauth', audiences: ['s'], leeway: 10 },
      ...{ maxLifetime: 300, cacheSize: 10 },
    })
    const { token } = await createIssuer({ keys, x5c: true }).sign({
      ...{ issuer: 'rauth', audience: 's', id: 'id', access: [] },
      ...{ issuedAt: now, notBefore: now, expiresAt: now + 300 },
      ...{ subject: 'team-a', namespaces: ['team-a'] },
      credentials: [{ id: 'team-a/registry-credentials', generation: 'g' }],
    })
    assert.ok(verifier.verify(token).ok)
    await rm(path.join(directory, 'a.key'))
    await until('the end of the key', () => !verifier.verify(token).ok)
    // The other is alone now, and signs though it was to wait.
    assert.equal(keys.active(now).kid, kids()[0])
    assert.equal(kids().length, 1)
    await settled()
    assert.equal(failures, 0, 'a certificate without a key is nothing to speak of')
  })

  const BAD: readonly (readonly [string, KeyPairPem, RegExp])[] = [
    ['garbage', { ...second, key: 'garbage' }, /b\.key is not a private key/],
    ['half a key', { ...second, key: second.key.slice(0, 90) }, /b\.key is not a private key/],
    [
      "another key's certificate",
      { ...second, certificate: first.certificate },
      /b\.crt is not the/,
    ],
    ['a key under another CA', foreign, /b\.crt is not signed by ca\.crt/],
    ['the key that is there already', first, /b is the same key as a: remove/],
    [
      'a key whose halves differ',
      mixedKey(first, second),
      /b\.key signs what its own public key does not verify/,
    ],
  ]
  for (const [name, pem, message] of BAD) {
    it(`keeps the keys of before when a new one is ${name}, and says so once`, async () => {
      await put({ ...CA, ...pairFiles('a', first) })
      const keys = await open(300)
      const old = keys.active(now)
      await put(pairFiles('b', pem))
      await until('the complaint', () => failures > 0)
      await sleep(700)
      assert.equal(failures, 1)
      assert.equal(logged('error').length, 1)
      assert.match(String(logged('error')[0]?.fields['error']), message)
      assert.doesNotMatch(JSON.stringify(lines), /BEGIN|MIG/)
      assert.match(keys.problem() ?? '', message)
      assert.ok(keys.ready())
      assert.equal(keys.active(now), old)
      assert.deepEqual(kids(), [old.kid])

      await put(pairFiles('b', second))
      await until('the good one', () => kids().length === 2)
      assert.equal(keys.problem(), undefined)
      assert.ok(lines.some(({ message }) => message === 'all keys can be used again'))
    })
  }

  it('keeps the key of before when its own files are broken, as in a Secret with fixed names', async () => {
    await put({ ...CA, ...pairFiles('tls', first) })
    const keys = await open()
    const old = keys.active(now)
    await put({ 'tls.key': 'garbage' })
    await until('the complaint', () => failures > 0)
    assert.equal(keys.active(now), old)
    assert.equal(keys.find(old.kid), old)
    await put(pairFiles('tls', second))
    await until('the new one', () => keys.active(now).kid !== old.kid)
    assert.equal(keys.find(old.kid), undefined)
  })

  it('does not speak of a pair whose files are written one after the other', async () => {
    await put({ ...CA, ...pairFiles('a', first) })
    const keys = await open()
    await inTime(
      async () => {
        await writeFile(path.join(directory, 'b.key'), second.key)
        await sleep(150)
        await writeFile(path.join(directory, 'b.crt'), second.certificate)
      },
      async () => {
        await rm(path.join(directory, 'b.key'))
        await until('the old one alone', () => kids().length === 1 && keys.problem() === undefined)
      },
    )
    await until('the new key', () => kids().length === 2)
    await settled()
    assert.equal(failures, 0)
    assert.deepEqual(logged('error'), [])
  })

  it('speaks of a key whose certificate does not come', async () => {
    await put({ ...CA, ...pairFiles('a', first) })
    const keys = await open()
    await put({ 'b.key': second.key })
    await until('the complaint', () => failures > 0)
    assert.match(keys.problem() ?? '', /b\.crt cannot be read: ENOENT/)
    assert.equal(kids().length, 1)
  })

  it('ends a removed key also when the one that was to follow it is bad', async () => {
    await put({ ...CA, ...pairFiles('a', first), ...pairFiles('c', second) })
    const keys = await open()
    const old = keys.active(now)
    await put({ 'b.key': 'garbage', 'b.crt': '' })
    await rm(path.join(directory, 'a.key'))
    await until('the end of the key', () => keys.find(old.kid) === undefined)
    await until('the complaint', () => failures > 0)
    assert.equal(kids().length, 1)
  })

  it('goes on when its certificate has ended, and says that registries refuse what it signs', async () => {
    await put({ ...CA, ...pairFiles('a', first) })
    const keys = await open()
    const end = Math.max(...keys.ends().keys.values())
    now = end - 1
    assert.equal(keys.problem(), undefined)
    now = end
    assert.match(
      keys.problem() ?? '',
      /a\.crt ended at \S+Z: registries refuse its tokens; next: rauth keys rotate/,
    )
    assert.equal(keys.ready(), true)
  })

  it('signs and verifies nothing once the last key is gone, and goes on when one is back', async () => {
    await put({ ...CA, ...pairFiles('a', first) })
    const keys = await open()
    const { kid } = keys.active(now)
    await rm(path.join(directory, 'a.key'))
    await until('the end', () => !keys.ready())
    assert.equal(keys.find(kid), undefined)
    assert.deepEqual(keys.jwks(), { keys: [] })
    assert.throws(() => keys.active(now), RauthError)
    assert.match(keys.problem() ?? '', /no signing key any more/)
    assert.equal(failures, 1)
    await put(pairFiles('b', second))
    await until('the new one', () => keys.ready())
    assert.equal(kids().length, 1)
  })

  it('takes a folder that is emptied and filled anew for no end', async () => {
    await put({ ...CA, ...pairFiles('a', first) })
    const keys = await open()
    const old = keys.active(now)
    await inTime(
      async () => {
        await rm(path.join(directory, 'a.key'))
        await sleep(120)
        await put(pairFiles('a', first))
      },
      () => until('it again', () => keys.ready()),
    )
    await settled()
    assert.equal(keys.active(now).kid, old.kid)
    assert.equal(failures, 0)
  })

  it('keeps all when the folder itself cannot be read, and says so', async () => {
    await put({ ...CA, ...pairFiles('a', first) })
    const keys = await open()
    const old = keys.active(now)
    await rename(directory, `${directory}-away`)
    await until('the complaint', () => failures > 0)
    assert.equal(keys.active(now), old)
    assert.match(keys.problem() ?? '', /cannot be read: ENOENT/)
    await rename(`${directory}-away`, directory)
    await until('the end of it', () => keys.problem() === undefined)
  })

  it("follows every swap of the kubelet's ..data, and never between two versions", async () => {
    await mountFiles(directory, { ...CA, ...pairFiles('a', first) })
    const keys = await open()
    const old = keys.active(now)
    await mountFiles(directory, { ...CA, ...pairFiles('a', first), ...pairFiles('b', second) })
    await until('the second key', () => kids().length === 2)
    const { kid } = keys.active(now + AHEAD)
    await mountFiles(directory, { ...CA, ...pairFiles('b', second) })
    await until('the end of the first', () => keys.find(old.kid) === undefined)
    assert.deepEqual(kids(), [kid])
    // The same name with another key: read half from each version, the pair would be bad.
    for (const pem of [first, second, first, second, first]) {
      await mountFiles(directory, { ...CA, ...pairFiles('b', pem) })
      await sleep(120)
    }
    await until('the last', () => keys.find(old.kid) !== undefined)
    await settled()
    assert.equal(failures, 0)
    assert.deepEqual(logged('error'), [])
  })

  it('leaves a key out whose certificate has ended, while there is another', async () => {
    await put({ ...CA, ...pairFiles('a', first), ...pairFiles('b', ending) })
    const keys = await open(50)
    assert.equal(kids().length, 2)
    now += DAY
    await until('the end', () => kids().length === 1)
    assert.equal(keys.active(now).notAfter, SECONDS + 365 * DAY)
    assert.equal(failures, 0)
    assert.deepEqual(logged('warn'), [], 'the other has long to go')
  })

  it('warns of the last certificate to end, and signs on with it', async () => {
    await put({ ...CA, ...pairFiles('b', ending) })
    const keys = await open(50)
    assert.match(String(logged('warn')[0]?.fields['file']), /b\.crt$/)
    assert.match(String(logged('warn')[0]?.fields['next']), /^rauth keys rotate --directory /)
    now += DAY
    await until('the error', () => logged('error').length > 0)
    assert.match(logged('error')[0]?.message ?? '', /has ended/)
    assert.equal(keys.active(now).kid, kids()[0])
  })

  it('warns of a CA that ends', async () => {
    now += 340 * DAY
    await put({ ...CA, ...pairFiles('a', first) })
    await open()
    const files = logged('warn').map(({ fields }) => path.basename(String(fields['file'])))
    assert.deepEqual(files, ['a.crt', 'ca.crt'])
  })

  it('tells when keys and CAs end', async () => {
    await put({ ...CA, ...pairFiles('a', first) })
    const keys = await open()
    const { keys: ends, authorities } = keys.ends()
    assert.deepEqual([...ends], [[keys.active(now).kid, SECONDS + 365 * DAY]])
    assert.equal(authorities.size, 1)
    assert.match([...authorities.keys()][0] ?? '', /^[0-9a-f]{64}$/)
  })

  it('refuses to start with a bad key beside a good one, and watches nothing then', async () => {
    await put({ ...CA, ...pairFiles('a', first), 'b.key': 'x' })
    await assert.rejects(open, /b\.key is not a private key/)
    await put({ 'b.key': await readFile(path.join(directory, 'a.key')) })
    await put({ 'b.crt': first.certificate })
    await assert.rejects(open, /same key is there twice/)
    assert.deepEqual(lines, [])
  })

  it('says nothing once closed', async () => {
    await put({ ...CA, ...pairFiles('a', first) })
    const keys = await open()
    keys.close()
    await put({ 'b.key': 'x' })
    await settled()
    assert.equal(failures, 0)
  })
})
