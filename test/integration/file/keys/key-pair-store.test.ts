import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import {
  createKeyPairStore,
  type KeyPairStore,
  type KeyPairStoreOptions,
} from '../../../../src/adapters/file/keys/key-pair-store.ts'
import { createBindingKey } from '../../../../src/adapters/file/keys/binding-key.ts'
import { createAuthority, type KeyPairPem } from '../../../../src/token/certificate.ts'
import { putFiles } from '../../../support/put-files.ts'
import { until } from '../../../support/until.ts'

const DAY = 24 * 60 * 60 * 1000
const pairOf = (age = 0, algorithm: 'ES256' | 'RS256' = 'ES256') =>
  createAuthority({
    ...{ algorithm, name: 'token', days: 2 },
    now: new Date(Date.now() - age * DAY),
  })

describe('a certificate with its key', () => {
  let directory: string
  let first: KeyPairPem
  const file = (name: string) => path.join(directory, name)
  before(async () => {
    directory = await mkdtemp(path.join(os.tmpdir(), 'rauth-key-pair-'))
    first = await pairOf()
  })
  after(() => rm(directory, { recursive: true }))

  const lines: string[] = []
  const note = (_: object, text: string) => void lines.push(text)
  let passed = 0
  const open = (more: Partial<KeyPairStoreOptions> = {}): Promise<KeyPairStore> =>
    createKeyPairStore({
      ...{ certificate: file('tls.crt'), key: file('tls.key'), x5c: true },
      ...{ keptFor: () => 600, staysBound: false, ...more },
      clock: () => Date.now() / 1000 + passed,
      log: { info: note, warn: note, error: note },
      onFailure: () => void lines.push('failure'),
    })
  const write = async ({ certificate, key }: KeyPairPem) => {
    await putFiles(directory, { 'tls.crt': certificate, 'tls.key': key })
  }

  it('signs and verifies, and is bound to by the same secret wherever it is', async () => {
    await write(first)
    const [store, other] = [await open(), await open()]
    const { kid, chain } = store.active(0)
    assert.equal(store.find(kid)?.kid, kid)
    assert.equal(chain.length, 1)
    assert.equal(store.jwks().keys.length, 1)
    assert.deepEqual(store.bindingKey.export(), other.bindingKey.export())
    assert.equal(store.bindingKey.symmetricKeySize, 32)
    store.close()
    other.close()
  })

  it('is followed by the next one that is put there, and kept where that can’t be used', async () => {
    await write(first)
    const store = await open()
    const { kid } = store.active(0)
    const next = await pairOf(0, 'RS256')
    await write({ certificate: first.certificate, key: next.key })
    await until('a look at the files', 20_000, () => store.problem() !== undefined)
    assert.equal(store.active(0).kid, kid)
    await write(next)
    await until('a look at the files', 20_000, () => store.active(0).kid !== kid)
    assert.equal(store.find(kid)?.kid, kid, 'its tokens are good to their end')
    const published = store.jwks().keys.map((one) => one.kid)
    assert.deepEqual(new Set(published), new Set([store.active(0).kid, kid]))
    passed = 601
    assert.equal(store.find(kid), undefined)
    assert.equal(store.jwks().keys.length, 1)
    passed = 0
    await until('a look at the files', 20_000, () => store.problem() === undefined)
    assert.deepEqual([...store.ends().keys.keys()], [store.active(0).kid])
    store.close()
  })

  it('binds with a key of its own, whatever key signs', async () => {
    await write(first)
    const bindingKey = createBindingKey()
    const store = await open({ bindingKey, staysBound: true })
    const { kid } = store.active(0)
    await write(await pairOf())
    await until('a look at the files', 20_000, () => store.active(0).kid !== kid)
    const other = await open({ bindingKey, staysBound: true })
    assert.equal(store.active(0).kid, other.active(0).kid)
    assert.ok(store.bindingKey.equals(bindingKey) && other.bindingKey.equals(bindingKey))
    store.close()
    other.close()
  })

  it('takes no other key than the one that binds, and says what to do', async () => {
    await write(first)
    const store = await open({ staysBound: true })
    const { kid } = store.active(0)
    await write(await pairOf())
    await until('a look at the files', 20_000, () => store.problem() !== undefined)
    assert.match(
      store.problem() ?? '',
      /tls\.key is another private key.*; next: .*keys\.bindingKey/,
    )
    assert.equal(store.active(0).kid, kid)
    await write(first)
    await until('a look at the files', 20_000, () => store.problem() === undefined)
    store.close()
  })

  const MISTAKES: readonly (readonly [string, () => Promise<Partial<KeyPairPem>>, RegExp])[] = [
    [
      'another key',
      async () => ({ key: (await pairOf()).key }),
      /tls\.crt is not the certificate of tls\.key; next: put/,
    ],
    ['no key', () => Promise.resolve({ key: 'nothing' }), /tls\.key is not a private key in PEM/],
    ['no certificate', () => Promise.resolve({ certificate: '' }), /tls\.crt is not a certificate/],
    [
      'one that has ended',
      () => pairOf(3),
      /tls\.crt is good from .* not now: it has ended; registries refuse tokens/,
    ],
  ]
  for (const [name, make, message] of MISTAKES) {
    it(`keeps rauth from starting: ${name}`, async () => {
      await write({ ...first, ...(await make()) })
      await assert.rejects(open, message)
    })
  }

  it('keeps rauth from starting: not there', async () => {
    await writeFile(file('tls.crt'), first.certificate)
    await rm(file('tls.key'))
    await assert.rejects(open, /tls\.key cannot be read: ENOENT.*see "keys\.key"/)
  })
})
