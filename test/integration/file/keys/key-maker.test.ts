import assert from 'node:assert/strict'
import { createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { readBindingKey } from '../../../../src/adapters/file/keys/binding-key.ts'
import { loadKeySet } from '../../../../src/adapters/file/keys/key-files.ts'
import { initializeKeys, makeNextKey } from '../../../../src/adapters/file/keys/key-maker.ts'
import { RauthError } from '../../../../src/errors.ts'
import { ALGORITHM_NAMES, type Algorithm } from '../../../../src/token/algorithms.ts'
import { createAuthority } from '../../../../src/token/certificate.ts'

const NOW = new Date('2026-11-24T12:00:00Z')
const SECONDS = NOW.getTime() / 1000
const FILES = ['binding.key', 'ca.crt', 'ca.key', 'signing.crt', 'signing.key']

describe('initializeKeys', () => {
  let root: string
  let directory: string

  beforeEach(async () => {
    root = await mkdtemp(path.join(tmpdir(), 'rauth-keys-'))
    directory = path.join(root, 'deep', 'keys')
  })

  afterEach(() => rm(root, { recursive: true }))

  const init = (algorithm: Algorithm = 'ES256') =>
    initializeKeys({ directory, algorithm, now: NOW })
  const at = (name: string) => path.join(directory, name)
  const read = (name: string) => readFile(at(name), 'utf8')
  const all = () => Promise.all(FILES.map(read))

  /** What it says when it refuses; fails if it does not, or if it says a secret. */
  async function refusal(): Promise<string> {
    const error = await init().then(
      () => assert.fail('not refused'),
      (thrown: unknown) => thrown,
    )
    assert.ok(error instanceof RauthError, String(error))
    assert.equal(error.code, 'ERR_KEYS_UNREADABLE')
    assert.doesNotMatch(`${error.message} ${String(error.stack)}`, /PRIVATE|MII|MHc|MIG/)
    return error.message.replaceAll(directory, 'DIR')
  }

  for (const algorithm of ALGORITHM_NAMES) {
    it(`makes a folder of ${algorithm} keys that loads`, async () => {
      const { created, found } = await init(algorithm)
      assert.deepEqual(created.map((file) => path.basename(file)).sort(), FILES)
      assert.deepEqual(found, [])
      assert.deepEqual((await readdir(directory)).sort(), FILES)
      const keys = await loadKeySet(directory, NOW)
      assert.equal(keys.active(SECONDS).algorithm, algorithm)
      assert.equal((await readBindingKey(directory)).symmetricKeySize, 32)
    })
  }

  it('makes a signing key under the CA, for a year and for ten', async () => {
    await init()
    const ca = new X509Certificate(await read('ca.crt'))
    const leaf = new X509Certificate(await read('signing.crt'))
    assert.ok(leaf.verify(ca.publicKey))
    assert.ok(ca.ca && !leaf.ca)
    const days = ({ validTo }: X509Certificate) =>
      (Date.parse(validTo) - NOW.getTime()) / (24 * 60 * 60_000)
    assert.deepEqual([days(leaf), days(ca)], [365, 3650])
  })

  it('lets nobody else read the folder and the secrets in it', async () => {
    await init()
    const mode = async (file: string) => (await stat(file)).mode & 0o777
    assert.equal(await mode(directory), 0o700)
    for (const name of FILES) {
      assert.equal(await mode(at(name)), name.endsWith('.key') ? 0o600 : 0o644, name)
    }
  })

  it('keeps all that is there when it is run again, whatever the algorithm', async () => {
    await init()
    const before = await all()
    const { created, found } = await init('RS256')
    assert.deepEqual(created, [])
    assert.deepEqual(found.map((file) => path.basename(file)).sort(), FILES)
    assert.deepEqual(await all(), before)
  })

  for (const algorithm of ALGORITHM_NAMES) {
    it(`makes an ${algorithm} signing key under the CA that is there`, async () => {
      await init(algorithm === 'ES256' ? 'RS256' : 'ES256')
      const before = await read('ca.crt')
      await rm(at('signing.key'))
      await rm(at('signing.crt'))
      const { created } = await init(algorithm)
      assert.deepEqual(created, [at('signing.key'), at('signing.crt')])
      assert.equal(await read('ca.crt'), before)
      assert.equal((await loadKeySet(directory, NOW)).active(SECONDS).algorithm, algorithm)
    })
  }

  it('makes no signing key where there is one of another name, as after a rotation', async () => {
    await init()
    const next = { directory, algorithm: 'ES256', now: NOW } as const
    await makeNextKey('signing-20261124T120000Z', next)
    await rm(at('signing.key'))
    await rm(at('signing.crt'))
    const { created, found } = await init()
    assert.deepEqual(created, [])
    assert.ok(found.includes(at('signing-20261124T120000Z.key')))
    assert.equal((await loadKeySet(directory, NOW)).jwks().keys.length, 1)
  })

  it('takes a CA whose key openssl wrote in the old form', async () => {
    await init()
    const sec1 = createPrivateKey(await read('ca.key')).export({ type: 'sec1', format: 'pem' })
    await writeFile(at('ca.key'), sec1)
    await rm(at('signing.key'))
    await rm(at('signing.crt'))
    await init()
    assert.equal((await loadKeySet(directory, NOW)).active(SECONDS).algorithm, 'ES256')
  })

  it('makes a lost binding.key anew, and nothing else', async () => {
    await init()
    await rm(at('binding.key'))
    assert.deepEqual((await init()).created, [at('binding.key')])
  })

  it('takes no ca.key, which is kept elsewhere, to make a lost binding.key', async () => {
    await init()
    await rm(at('ca.key'))
    await rm(at('binding.key'))
    assert.deepEqual((await init()).created, [at('binding.key')])
  })

  it('refuses ca.crt without ca.key where a signing key is to be made, and makes nothing', async () => {
    await init()
    for (const name of ['ca.key', 'signing.key', 'signing.crt']) await rm(at(name))
    assert.match(await refusal(), /DIR\/ca\.crt is there but DIR\/ca\.key is not/)
    assert.deepEqual((await readdir(directory)).sort(), ['binding.key', 'ca.crt'])
  })

  for (const [lost, have] of [
    ['ca.crt', 'ca.key'],
    ['signing.key', 'signing.crt'],
    ['signing.crt', 'signing.key'],
  ] as const) {
    it(`refuses ${have} without ${lost}, and makes nothing`, async () => {
      await init()
      await rm(at(lost))
      const message = await refusal()
      assert.match(message, new RegExp(`DIR/${have} is there but DIR/${lost} is not`))
      assert.deepEqual(
        (await readdir(directory)).sort(),
        FILES.filter((name) => name !== lost),
      )
    })
  }

  it('does not replace a link that leads nowhere', async () => {
    await mkdir(directory, { recursive: true })
    for (const name of ['ca.key', 'ca.crt']) await symlink('nowhere', at(name))
    await refusal()
    assert.deepEqual((await readdir(directory)).sort(), ['ca.crt', 'ca.key'])
  })

  const otherKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
    type: 'pkcs8',
    format: 'pem',
  })
  const encrypted = createPrivateKey(otherKey).export({
    ...({ type: 'pkcs8', format: 'pem' } as const),
    ...{ cipher: 'aes-256-cbc', passphrase: 'canary' },
  })
  const broken: readonly (readonly [string, string, string | Buffer, RegExp])[] = [
    ['a ca.key of another CA', 'ca.key', otherKey, /ca\.crt is not the certificate of ca\.key/],
    ['a ca.key that is encrypted', 'ca.key', encrypted, /ca\.key is not a private key in PEM/],
    ['a ca.key that is garbage', 'ca.key', 'MIIgarbage', /ca\.key is not a private key in PEM/],
    ['an empty ca.key', 'ca.key', '', /ca\.key is not a private key in PEM/],
    ['a ca.crt that is garbage', 'ca.crt', 'garbage', /ca\.crt is not a certificate in PEM/],
  ]
  for (const [name, file, content, message] of broken) {
    it(`refuses to sign with ${name}`, async () => {
      await init()
      await rm(at('signing.key'))
      await rm(at('signing.crt'))
      await writeFile(at(file), content)
      assert.match(await refusal(), message)
      assert.deepEqual((await readdir(directory)).sort(), ['binding.key', 'ca.crt', 'ca.key'])
    })
  }

  it('says which folder cannot be made', async () => {
    await writeFile(path.join(root, 'deep'), '')
    assert.match(await refusal(), /^no key can be made in DIR: .+; next: /)
  })

  it('makes a signing key that ends with its CA', async () => {
    await mkdir(directory, { recursive: true })
    const ca = await createAuthority({ algorithm: 'ES256', name: 'short', now: NOW, days: 30 })
    await writeFile(at('ca.key'), ca.key)
    await writeFile(at('ca.crt'), ca.certificate)
    await init()
    const [leaf, authority] = await Promise.all(
      ['signing.crt', 'ca.crt'].map(async (name) => new X509Certificate(await read(name))),
    )
    assert.equal(leaf?.validTo, authority?.validTo)
  })
})
