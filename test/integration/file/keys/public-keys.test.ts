import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { loadKeySet } from '../../../../src/adapters/file/keys/key-files.ts'
import { publishKeys } from '../../../../src/adapters/file/keys/key-publication.ts'
import {
  createFileVerificationKeyStore,
  type FileKeyStore,
} from '../../../../src/adapters/file/keys/key-store.ts'
import { createAuthority, createLeaf } from '../../../../src/token/certificate.ts'
import { pairFiles } from './key-folder.ts'
import { logInto, type LoggedLine } from '../../../support/logged-lines.ts'
import { putFiles, type Files } from '../../../support/put-files.ts'
import { until as waitUntil } from '../../../support/until.ts'

const NOW = new Date('2026-11-24T12:00:00Z')
const SECONDS = NOW.getTime() / 1000
const DAY = 24 * 60 * 60

const base = { algorithm: 'ES256', now: NOW, days: 365 } as const
const ca = await createAuthority({ ...base, name: 'CA' })
const first = await createLeaf(ca, { ...base, name: 'first' })
const second = await createLeaf(ca, { ...base, name: 'second' })
const ending = await createLeaf(ca, { ...base, name: 'ending', days: 1 })
const otherCa = await createAuthority({ ...base, name: 'CA' })
const foreign = await createLeaf(otherCa, { ...base, name: 'foreign' })
const CA = { 'ca.crt': ca.certificate }
const crt = (name: string, { certificate }: { readonly certificate: string }): Files => ({
  [`${name}.crt`]: certificate,
})

describe('a folder of public keys', () => {
  let root: string
  let directory: string
  let store: FileKeyStore | undefined
  let now: number
  let failures: number
  let lines: LoggedLine[]

  beforeEach(async () => {
    root = await mkdtemp(path.join(tmpdir(), 'rauth-public-'))
    directory = await mkdtemp(path.join(root, 'keys-'))
    ;[now, failures, lines] = [SECONDS, 0, []]
  })

  afterEach(async () => {
    store?.close()
    await rm(root, { recursive: true, force: true })
  })

  const put = (files: Files) => putFiles(directory, files)

  const until = (what: string, wanted: () => boolean) => waitUntil(what, 20_000, wanted)

  async function open(): Promise<FileKeyStore> {
    store = await createFileVerificationKeyStore({
      ...{ directory, recheckMs: 300 },
      clock: () => now,
      log: logInto(lines),
      onFailure: () => (failures += 1),
    })
    return store
  }

  const kids = () => (store?.jwks().keys ?? []).map(({ kid }) => kid ?? '')

  /** The kid that a folder with the private key gives it. */
  async function kidOf(pair: typeof first): Promise<string> {
    const folder = await mkdtemp(path.join(root, 'pair-'))
    await putFiles(folder, pairFiles('a', pair))
    return (await loadKeySet(folder, NOW)).active(SECONDS).kid
  }

  it('has a key for each certificate, which is the one of the private key, and signs with none', async () => {
    await put({ ...CA, ...crt('a', first), ...crt('b', second), 'binding.key': 'x' })
    const keys = await open()
    assert.deepEqual(kids().sort(), [await kidOf(first), await kidOf(second)].sort())
    const found = keys.find(await kidOf(first))
    assert.equal(found?.publicKey.type, 'public')
    assert.ok(!('privateKey' in found) && !('active' in keys))
    assert.equal(found.chain.length, 1)
    assert.deepEqual(lines.at(-1)?.fields, { directory, keys: kids() })
  })

  it('ends a key whose certificate is gone, and takes one that comes', async () => {
    await put({ ...CA, ...crt('a', first) })
    const keys = await open()
    const [kid = ''] = kids()
    await put(crt('b', second))
    await until('the second', () => kids().length === 2)
    await rm(path.join(directory, 'a.crt'))
    await until('the end of the first', () => keys.find(kid) === undefined)
    assert.equal(kids().length, 1)
    await rm(path.join(directory, 'b.crt'))
    await until('the end of the second', () => !keys.ready())
    assert.match(keys.problem() ?? '', /has no verification key any more/)
  })

  const REFUSED: readonly (readonly [string, Files, RegExp])[] = [
    ['nothing in it', CA, /DIR has no verification key; next: rauth keys public DIR/],
    ['no CA', crt('a', first), /ca\.crt cannot be read: ENOENT/],
    ['a certificate under another CA', { ...CA, ...crt('a', foreign) }, /a\.crt is not signed by/],
    ['a CA as a key', { ...CA, ...crt('old-ca', ca) }, /old-ca\.crt is the certificate of a CA/],
    ['another CA as a key', { ...CA, ...crt('old', otherCa) }, /old\.crt is the certificate of a/],
    ['garbage', { ...CA, 'a.crt': 'x' }, /a\.crt is not a certificate/],
    ['one key twice', { ...CA, ...crt('a', first), ...crt('b', first) }, /same key is there twice/],
    [
      'a certificate that is over',
      { ...CA, ...crt('a', ending) },
      /a\.crt is good from .+, not now/,
    ],
    ['the private key of one', { ...CA, ...pairFiles('a', first) }, /a\.key may be a private key/],
    [
      'the key of the CA',
      { ...pairFiles('ca', ca), ...crt('a', first) },
      /ca\.key may be a private/,
    ],
  ]
  for (const [what, files, message] of REFUSED) {
    it(`is refused at the start with ${what}`, async () => {
      await put(files)
      now += DAY
      await assert.rejects(open, (error: Error) => {
        assert.match(error.message.replaceAll(directory, 'DIR'), message)
        assert.doesNotMatch(error.message, /BEGIN|keys init/)
        return true
      })
    })
  }

  it('says so when a private key comes, and ends the certificate beside it if that goes', async () => {
    await put({ ...CA, ...crt('a', first), ...crt('b', second) })
    const keys = await open()
    const kid = await kidOf(first)
    await put({ 'a.key': first.key })
    await until('the complaint', () => failures > 0)
    assert.match(keys.problem() ?? '', /a\.key may be a private key/)
    assert.doesNotMatch(JSON.stringify(lines), /BEGIN|MIG/)
    assert.ok(keys.find(kid) !== undefined)
    await rm(path.join(directory, 'a.crt'))
    await until('the end of the key', () => keys.find(kid) === undefined)
    assert.equal(kids().length, 1)
  })

  describe('made by publishKeys', () => {
    let source: string
    const publish = (at = NOW) => publishKeys({ directory: source, target: directory, now: at })
    const names = async () => (await readdir(directory)).sort()

    beforeEach(async () => {
      source = await mkdtemp(path.join(root, 'source-'))
      await putFiles(source, {
        ...{ ...pairFiles('ca', ca), ...pairFiles('a', first), ...pairFiles('b', second) },
        'binding.key': `${Buffer.alloc(32, 1).toString('base64')}\n`,
      })
    })

    it('holds the CA, each key with its name, the binding key, and nothing private', async () => {
      const { written, removed } = await publish()
      const wanted = ['a.crt', 'b.crt', 'binding.key', 'ca.crt']
      assert.deepEqual(await names(), wanted)
      assert.deepEqual(written.map((file) => path.basename(file)).sort(), wanted)
      assert.deepEqual(removed, [])
      for (const name of wanted) {
        const content = await readFile(path.join(directory, name), 'utf8')
        assert.equal(content.trim(), (await readFile(path.join(source, name), 'utf8')).trim())
        assert.doesNotMatch(content, /PRIVATE/)
      }
      assert.equal((await stat(path.join(directory, 'binding.key'))).mode & 0o777, 0o600)
      await open()
      assert.equal(kids().length, 2)
    })

    it('loses what is no key any more, be its certificate left in the other folder', async () => {
      await publish()
      await open()
      await rm(path.join(source, 'a.key'))
      const { removed } = await publish()
      assert.deepEqual(removed, [path.join(directory, 'a.crt')])
      await until('the end of the key', () => kids().length === 1)
      assert.deepEqual(kids(), [await kidOf(second)])
      assert.equal(failures, 0)
    })

    for (const [what, where, message] of [
      ['the folder with the private keys itself', () => source, /a\.key may be a private key/],
      ['a place that is no folder', () => path.join(source, 'a.key'), /a\.key cannot be written/],
    ] as const) {
      it(`is not made in ${what}`, async () => {
        const before = await readdir(source)
        await assert.rejects(publishKeys({ directory: source, target: where(), now: NOW }), message)
        assert.deepEqual(await readdir(source), before)
      })
    }

    for (const [what, spoil, message] of [
      ['a key is bad', () => writeFile(path.join(source, 'a.key'), 'x'), /a\.key is not a private/],
      ['there is no CA', () => rm(path.join(source, 'ca.crt')), /ca\.crt cannot be read: ENOENT/],
      [
        'there is no binding key',
        () => rm(path.join(source, 'binding.key')),
        /binding\.key cannot/,
      ],
    ] as const) {
      it(`stays as it is when ${what}`, async () => {
        await spoil()
        await assert.rejects(publish(), message)
        assert.deepEqual(await names(), [])
      })
    }
  })
})
