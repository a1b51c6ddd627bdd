import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import {
  createKeyPairStore,
  type KeyPairStore,
} from '../../../../src/adapters/file/keys/key-pair-store.ts'
import { createAuthority, type KeyPairPem } from '../../../../src/token/certificate.ts'
import { replaceFile } from '../../../../tools/stack/state.ts'
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
  const open = (x5c = true): Promise<KeyPairStore> =>
    createKeyPairStore({
      ...{ certificate: file('tls.crt'), key: file('tls.key'), x5c },
      clock: () => Date.now() / 1000,
      log: { info: note, warn: note, error: note },
      onFailure: () => void lines.push('failure'),
    })
  const write = async ({ certificate, key }: KeyPairPem) => {
    await replaceFile(file('tls.crt'), certificate)
    await replaceFile(file('tls.key'), key)
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
    await until('a look at the files', 5_000, () => store.problem() !== undefined)
    assert.equal(store.active(0).kid, kid)
    await write(next)
    await until('a look at the files', 5_000, () => store.active(0).kid !== kid)
    assert.equal(store.find(kid), undefined)
    await until('a look at the files', 5_000, () => store.problem() === undefined)
    assert.deepEqual([...store.ends().keys.keys()], [store.active(0).kid])
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
      /tls\.crt is good from .* not now: registries refuse tokens/,
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
