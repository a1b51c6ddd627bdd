import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  webcrypto,
  type KeyObject,
} from 'node:crypto'
import { mkdir, mkdtemp, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { calculateJwkThumbprint } from 'jose'
import { readBindingKey } from '../../../../src/adapters/file/keys/binding-key.ts'
import { loadKeySet } from '../../../../src/adapters/file/keys/key-files.ts'
import { initializeKeys } from '../../../../src/adapters/file/keys/key-maker.ts'
import { RauthError } from '../../../../src/errors.ts'
import type { KeyPairPem } from '../../../../src/token/certificate.ts'
import { createAuthority, createLeaf } from '../../../../src/token/certificate.ts'
import { hasAmbiguousKeyId } from '../../../../src/token/key-id.ts'
// Behind certificate.ts, which brings what this one needs to load.
import * as x509 from '@peculiar/x509'

const NOW = new Date('2026-11-24T12:00:00Z')
const SECONDS = NOW.getTime() / 1000
const DAY = 24 * 60 * 60_000
const after = (days: number) => new Date(NOW.getTime() + days * DAY)

const made = { algorithm: 'ES256', now: NOW, days: 365 } as const
const ca = await createAuthority({ ...made, name: 'CA' })
const leaf = await createLeaf(ca, { ...made, name: 'leaf' })
const foreign = await createAuthority({ ...made, name: 'CA' })
const foreignRsa = await createAuthority({ ...made, name: 'CA', algorithm: 'RS256' })
const foreignLeaf = await createLeaf(foreign, { ...made, name: 'leaf' })

/** A CA below `ca`, which `createAuthority` would not make: it takes any key and says anything. */
async function certify(
  issuer: KeyPairPem,
  publicKey: KeyObject,
  { subject = 'CN=made', isCa = false, until = after(365) } = {},
): Promise<string> {
  const signingAlgorithm = { name: 'ECDSA', hash: 'SHA-256', namedCurve: 'P-256' }
  const signer = createPrivateKey(issuer.key).export({ type: 'pkcs8', format: 'der' })
  const spki = publicKey.export({ type: 'spki', format: 'der' })
  const certificate = await x509.X509CertificateGenerator.create(
    {
      subject,
      issuer: new x509.X509Certificate(issuer.certificate).subject,
      notBefore: after(-1),
      notAfter: until,
      publicKey: new x509.PublicKey(spki),
      signingKey: await webcrypto.subtle.importKey('pkcs8', signer, signingAlgorithm, false, [
        'sign',
      ]),
      signingAlgorithm,
      extensions: [new x509.BasicConstraintsExtension(isCa, undefined, true)],
    },
    webcrypto,
  )
  return `${certificate.toString('pem')}\n`
}

const pkcs8 = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' }).toString()

async function pairOf(privateKey: KeyObject, options = {}): Promise<KeyPairPem> {
  const certificate = await certify(ca, createPublicKey(privateKey), options)
  return { key: pkcs8(privateKey), certificate }
}

/** An EC key; of the few whose id is ambiguous there is none here by chance. */
function usableKey(namedCurve: 'P-256' | 'P-384' = 'P-256'): KeyObject {
  for (;;) {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve })
    if (!hasAmbiguousKeyId(createPublicKey(privateKey).export({ format: 'jwk' }))) return privateKey
  }
}

/** A key with a coordinate that begins with a zero byte: registries compute another id for it. */
function leadingZeroKey(coordinate: 'x' | 'y'): KeyObject {
  for (;;) {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const jwk = createPublicKey(privateKey).export({ format: 'jwk' })
    if (hasAmbiguousKeyId({ x: jwk[coordinate] })) return privateKey
  }
}

const PAIRS = {
  rsa1024: await pairOf(generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey),
  rsa2048: await pairOf(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey),
  pss: await pairOf(generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).privateKey),
  p384: await pairOf(usableKey('P-384')),
  p521: await pairOf(generateKeyPairSync('ec', { namedCurve: 'P-521' }).privateKey),
  secp256k1: await pairOf(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey),
  ed25519: await pairOf(generateKeyPairSync('ed25519').privateKey),
  ed448: await pairOf(generateKeyPairSync('ed448').privateKey),
  zeroX: await pairOf(leadingZeroKey('x')),
  zeroY: await pairOf(leadingZeroKey('y')),
}
const renamedCa = await certify(ca, createPublicKey(ca.key), { subject: 'CN=other', isCa: true })
const secondCertificate = await certify(ca, createPublicKey(leaf.key))

describe('key files', () => {
  let directory: string

  beforeEach(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'rauth-keys-'))
  })

  afterEach(() => rm(directory, { recursive: true }))

  type Files = Readonly<Record<string, string | Buffer>>
  const put = (files: Files, folder = directory) =>
    Promise.all(
      Object.entries(files).map(([name, text]) => writeFile(path.join(folder, name), text)),
    )
  const pair = (name: string, { key, certificate }: KeyPairPem): Files => ({
    [`${name}.key`]: key,
    [`${name}.crt`]: certificate,
  })

  /** What is said of a folder that is refused; fails if it is not, or if a secret is said. */
  async function refusal(read: () => Promise<unknown>, secrets: Files = {}): Promise<string> {
    const error = await read().then(
      () => assert.fail('not refused'),
      (thrown: unknown) => thrown,
    )
    assert.ok(error instanceof RauthError, String(error))
    assert.equal(error.code, 'ERR_KEYS_UNREADABLE')
    const told = `${error.message} ${String(error.stack)} ${String(error.cause)}`
    assert.doesNotMatch(told, /-----BEGIN|canary/)
    const material = Object.values(secrets).flatMap((text) => text.toString().split(/\s+/))
    for (const line of material.filter(({ length }) => length >= 12)) {
      assert.ok(!told.includes(line), `the message quotes ${line}`)
    }
    return error.message.replaceAll(directory, 'DIR')
  }

  const load = (now = NOW) => loadKeySet(directory, now)

  it('are the key, its certificate and its RFC 7638 id', async () => {
    await put(pair('signing', leaf))
    const keys = await load()
    const { kid, algorithm, privateKey, publicKey, chain, notBefore, notAfter } =
      keys.active(SECONDS)
    assert.equal(kid, await calculateJwkThumbprint(publicKey.export({ format: 'jwk' })))
    assert.equal(algorithm, 'ES256')
    assert.ok(createPublicKey(privateKey).equals(publicKey))
    const der = new x509.X509Certificate(leaf.certificate).toString('base64').replace(/\s/g, '')
    assert.deepEqual(chain, [der])
    assert.deepEqual(
      [notBefore, notAfter],
      [NOW.getTime() / 1000 - 300, after(365).getTime() / 1000],
    )
    assert.equal(keys.find(kid), keys.active(SECONDS))
  })

  for (const [kind, algorithm] of [
    ['rsa2048', 'RS256'],
    ['p384', 'ES384'],
    ['ed25519', 'EdDSA'],
  ] as const) {
    it(`may be ${kind}, for ${algorithm}`, async () => {
      await put({ ...pair('ca', ca), ...pair('tls', PAIRS[kind]) })
      assert.equal((await load()).active(SECONDS).algorithm, algorithm)
    })
  }

  it('may be in the old PEM forms of openssl', async () => {
    const sec1 = createPrivateKey(leaf.key).export({ type: 'sec1', format: 'pem' })
    await put({ 'signing.key': sec1, 'signing.crt': leaf.certificate })
    assert.equal((await load()).active(SECONDS).algorithm, 'ES256')
  })

  it('never sign with the key of the CA, nor with the binding key', async () => {
    await put({ ...pair('ca', ca), 'binding.key': 'x' })
    assert.match(await refusal(load), /^DIR has no signing key; next: .*else rauth keys init/)
  })

  it('are read from a folder as the kubelet mounts it, before and after a swap', async () => {
    const publish = async (version: string, files: Files) => {
      await mkdir(path.join(directory, version))
      await put(files, path.join(directory, version))
      await symlink(version, path.join(directory, '..data_tmp'))
      await rename(path.join(directory, '..data_tmp'), path.join(directory, '..data'))
    }
    const first = { ...pair('tls', leaf), 'ca.crt': ca.certificate }
    await publish('..2026_11_24_12_00_00.1', first)
    for (const name of Object.keys(first)) {
      await symlink(path.join('..data', name), path.join(directory, name))
    }
    const before = (await load()).active(SECONDS).kid
    const next = await createLeaf(ca, { ...made, name: 'next' })
    await publish('..2026_11_24_13_00_00.2', { ...pair('tls', next), 'ca.crt': ca.certificate })
    assert.notEqual((await load()).active(SECONDS).kid, before)
  })

  it('sign with the newest certificate and verify with both', async () => {
    const young = await createLeaf(ca, { ...made, name: 'young', now: after(1) })
    const old = await createLeaf(ca, { ...made, name: 'old', now: after(-10) })
    for (const [a, b] of [
      [old, young],
      [young, old],
    ] as const) {
      await put({ ...pair('a', a), ...pair('b', b), 'ca.crt': ca.certificate })
      const keys = await load(after(2))
      const kids = keys.jwks().keys.map(({ kid }) => kid ?? '')
      assert.equal(kids.length, 2)
      assert.equal(keys.active(SECONDS + 2 * 86_400).notBefore, after(1).getTime() / 1000 - 300)
      for (const kid of kids) assert.equal(keys.find(kid)?.kid, kid)
    }
  })

  it('leave out one that is over beside one that is not', async () => {
    const short = await createLeaf(ca, { ...made, name: 'short', days: 10 })
    await put({ ...pair('a', leaf), ...pair('b', short), 'ca.crt': ca.certificate })
    assert.equal((await load(after(9))).jwks().keys.length, 2)
    assert.equal((await load(after(10))).jwks().keys.length, 1)
  })

  it('have one that is still to come beside one that signs', async () => {
    const next = await createLeaf(ca, { ...made, name: 'next', notBefore: after(1) })
    await put({ ...pair('a', leaf), ...pair('b', next), 'ca.crt': ca.certificate })
    const keys = await load()
    assert.equal(keys.jwks().keys.length, 2)
    assert.equal(keys.active(SECONDS).notBefore, SECONDS - 300)
    await rm(path.join(directory, 'a.key'))
    assert.match(await refusal(load), /b\.crt is good from 2026-11-25T12:00:00Z to .+, not now/)
  })

  it('sign as long after they were published as is wanted', async () => {
    const next = await createLeaf(ca, { ...made, name: 'next', notBefore: NOW })
    await put({ ...pair('a', leaf), ...pair('b', next), 'ca.crt': ca.certificate })
    const keys = await loadKeySet(directory, NOW, { publishAhead: 60 })
    assert.notEqual(keys.active(SECONDS + 59).kid, keys.active(SECONDS + 60).kid)
  })

  it('carry their intermediates, the leaf first', async () => {
    const middleKey = usableKey()
    const middle = {
      key: pkcs8(middleKey),
      certificate: await certify(ca, createPublicKey(middleKey), {
        subject: 'CN=middle',
        isCa: true,
      }),
    }
    const below = await createLeaf(middle, { ...made, name: 'below' })
    const certificate = below.certificate + middle.certificate
    await put({ 'a.key': below.key, 'a.crt': certificate, 'ca.crt': ca.certificate })
    assert.equal((await load()).active(SECONDS).chain.length, 2)

    await put({ 'a.crt': middle.certificate + below.certificate })
    assert.match(await refusal(load), /a\.crt is not the certificate of a\.key/)
    await put({ 'a.crt': below.certificate })
    assert.match(await refusal(load), /a\.crt is not signed by ca\.crt/)
    await put({ 'a.crt': below.certificate + foreign.certificate + middle.certificate })
    assert.match(await refusal(load), /a\.crt is no chain/)
    await put({ 'a.crt': below.certificate + ca.certificate })
    assert.match(await refusal(load), /a\.crt is no chain/)
  })

  it('may have several CAs, as while one takes over from the other', async () => {
    await put({
      ...pair('a', leaf),
      ...pair('b', foreignLeaf),
      'ca.crt': ca.certificate + foreign.certificate,
    })
    assert.equal((await load()).jwks().keys.length, 2)
  })

  it('may have text around their certificate', async () => {
    await put({ 'a.key': leaf.key, 'a.crt': `subject=CN = leaf\n\n${leaf.certificate}\n-- end\n` })
    assert.equal((await load()).active(SECONDS).chain.length, 1)
  })

  const encrypted = createPrivateKey(leaf.key).export({
    ...({ type: 'pkcs8', format: 'pem' } as const),
    ...{ cipher: 'aes-256-cbc', passphrase: 'canary' },
  })
  const garbage = '-----BEGIN CERTIFICATE-----\nZ2FyYmFnZWdhcmJhZ2U=\n-----END CERTIFICATE-----\n'
  const certificate = leaf.certificate
  const publicPem = createPublicKey(leaf.key).export({ type: 'spki', format: 'pem' })
  const half = leaf.key.slice(0, leaf.key.length / 2)

  const refused: readonly (readonly [string, Files, RegExp])[] = [
    ['an empty folder', {}, /^DIR has no signing key; next: rauth keys init --directory DIR$/],
    ['a key alone', { 'a.key': leaf.key }, /^DIR\/a\.crt cannot be read: ENOENT/],
    ['a certificate alone', { 'a.crt': certificate }, /has no signing key/],
    [
      "another key's certificate",
      { 'a.key': leaf.key, 'a.crt': foreignLeaf.certificate },
      /^DIR\/a\.crt is not the certificate of a\.key; next: put back .*or remove both a\.key and a\.crt and run rauth keys init --directory DIR$/,
    ],
    ['an RSA key of 1024 bits', pair('a', PAIRS.rsa1024), /fewer than 2048 bits/],
    ['an RSA-PSS key', pair('a', PAIRS.pss), /none of EC P-256, EC P-384, RSA and Ed25519/],
    ['an EC P-521 key', pair('a', PAIRS.p521), /none of EC P-256, EC P-384, RSA and Ed25519/],
    ['a secp256k1 key', pair('a', PAIRS.secp256k1), /none of EC P-256/],
    ['an Ed448 key', pair('a', PAIRS.ed448), /none of EC P-256, EC P-384, RSA and Ed25519/],
    [
      'a key whose x begins with a zero byte',
      pair('a', PAIRS.zeroX),
      /a\.key has a coordinate with/,
    ],
    [
      'a key whose y begins with a zero byte',
      pair('a', PAIRS.zeroY),
      /a\.key has a coordinate with/,
    ],
    [
      'an encrypted key',
      { 'a.key': encrypted, 'a.crt': certificate },
      /a\.key is not a private key/,
    ],
    ['a public key', { 'a.key': publicPem, 'a.crt': certificate }, /a\.key is not a private key/],
    ['half a key', { 'a.key': half, 'a.crt': certificate }, /a\.key is not a private key/],
    ['an empty key', { 'a.key': '', 'a.crt': certificate }, /a\.key is not a private key/],
    [
      'a key in DER',
      {
        'a.key': createPrivateKey(leaf.key).export({ type: 'pkcs8', format: 'der' }),
        'a.crt': certificate,
      },
      /a\.key is not a private key/,
    ],
    ['a secret for HMAC', { 'a.key': 'c2VjcmV0', 'a.crt': certificate }, /is not a private key/],
    ['garbage as certificate', { 'a.key': leaf.key, 'a.crt': 'x' }, /a\.crt is not a certificate/],
    ['the key as certificate', { 'a.key': leaf.key, 'a.crt': leaf.key }, /is not a certificate/],
    ['a broken certificate', { 'a.key': leaf.key, 'a.crt': garbage }, /is not a certificate/],
    [
      'a broken certificate behind a good one',
      { 'a.key': leaf.key, 'a.crt': certificate + garbage },
      /a\.crt is not a certificate/,
    ],
    [
      'a certificate under a name that no x5c could carry',
      { 'a.key': leaf.key, 'a.crt': certificate.replaceAll('CERTIFICATE', 'X509 CERTIFICATE') },
      /a\.crt is not a certificate/,
    ],
    ['a broken CA', { ...pair('a', leaf), 'ca.crt': 'x' }, /ca\.crt is not a certificate/],
    [
      'a foreign CA of the same name',
      { ...pair('a', leaf), 'ca.crt': foreign.certificate },
      /^DIR\/a\.crt is not signed by ca\.crt/,
    ],
    [
      'the right key of a CA under a name that the certificate does not give',
      { ...pair('a', leaf), 'ca.crt': renamedCa },
      /a\.crt is not signed by ca\.crt/,
    ],
    [
      'a foreign CA with a key of another kind',
      { ...pair('a', leaf), 'ca.crt': foreignRsa.certificate },
      /a\.crt is not signed by ca\.crt/,
    ],
    [
      'a certificate that signs itself beside a CA',
      { ...pair('a', foreign), 'ca.crt': ca.certificate },
      /a\.crt is not signed by ca\.crt/,
    ],
    ['the same key twice', { ...pair('a', leaf), ...pair('b', leaf) }, /same key is there/],
    [
      'the same key twice with two certificates',
      {
        ...pair('a', leaf),
        'b.key': leaf.key,
        'b.crt': secondCertificate,
      },
      /same key is there/,
    ],
    [
      'a bad pair beside a good one',
      { ...pair('a', leaf), 'b.key': 'x', 'b.crt': certificate },
      /b\.key is not a private key/,
    ],
  ]
  for (const [name, files, message] of refused) {
    it(`refuse ${name}`, async () => {
      await put(files)
      const keys = Object.entries(files).filter(([file]) => file.endsWith('.key'))
      assert.match(await refusal(load, Object.fromEntries(keys)), message)
    })
  }

  it('refuse a folder that is not there, and a file in its place', async () => {
    const nowhere = path.join(directory, 'nowhere')
    assert.match(
      await refusal(() => loadKeySet(nowhere, NOW)),
      /^DIR\/nowhere cannot be read: ENOENT.*; next: rauth keys init --directory DIR\/nowhere$/,
    )
    await put({ file: '' })
    assert.match(
      await refusal(() => loadKeySet(path.join(directory, 'file'), NOW)),
      /^DIR\/file cannot be read: ENOTDIR/,
    )
  })

  const moments: readonly (readonly [string, Date, RegExp | undefined])[] = [
    ['five minutes before the key was made', new Date(NOW.getTime() - 300_000), undefined],
    [
      'earlier',
      new Date(NOW.getTime() - 301_000),
      /not now: by the clock of .+; next: set that clock/,
    ],
    ['at the last second', new Date(after(365).getTime() - 1000), undefined],
    [
      'at its end',
      after(365),
      /is good from .+ to .+, not now: it has ended; next: .+ remove the files of a/,
    ],
  ]
  for (const [name, moment, message] of moments) {
    it(`${message === undefined ? 'load' : 'are refused'} ${name}`, async () => {
      await put(pair('a', leaf))
      if (message === undefined) assert.equal((await load(moment)).jwks().keys.length, 1)
      else assert.match(await refusal(() => load(moment)), message)
    })
  }

  it('refuse what is no small file, and wait for none', async () => {
    await put({ ...pair('ca', ca), ...pair('tls', leaf) })
    assert.equal(spawnSync('mkfifo', [path.join(directory, 'evil.key')]).status, 0)
    assert.match(await refusal(() => load()), /^DIR\/evil\.key cannot be read: not a regular file/)
    await rm(path.join(directory, 'evil.key'))
    await put({ 'evil.key': 'x'.repeat(65 * 1024) })
    assert.match(
      await refusal(() => load()),
      /^DIR\/evil\.key cannot be read: larger than 65536 bytes/,
    )
  })

  it('refuse a CA that is out of its time, which no registry would trust', async () => {
    const short = await createAuthority({ ...made, name: 'short', days: 10 })
    const key = usableKey()
    await put({
      'a.key': pkcs8(key),
      'a.crt': await certify(short, createPublicKey(key)),
      'ca.crt': short.certificate,
    })
    assert.equal((await load(after(9))).jwks().keys.length, 1)
    assert.match(await refusal(() => load(after(11))), /^DIR\/ca\.crt is out of its time/)
  })

  it('refuse an intermediate that is out of its time', async () => {
    const middleKey = usableKey()
    const spec = { subject: 'CN=middle', isCa: true, until: after(10) }
    const middle = await certify(ca, createPublicKey(middleKey), spec)
    const key = usableKey()
    const issuer = { key: pkcs8(middleKey), certificate: middle }
    await put({
      'a.key': pkcs8(key),
      'a.crt': (await certify(issuer, createPublicKey(key))) + middle,
    })
    assert.equal((await load(after(9))).active(SECONDS).chain.length, 2)
    assert.match(await refusal(() => load(after(11))), /a\.crt is good from .+ to .+, not now/)
  })

  describe('binding.key', () => {
    it('is 32 bytes, the same at every reading', async () => {
      await initializeKeys({ directory, algorithm: 'ES256', now: NOW })
      assert.ok((await readdir(directory)).includes('binding.key'))
      const key = await readBindingKey(directory)
      assert.equal(key.symmetricKeySize, 32)
      assert.ok((await readBindingKey(directory)).equals(key))
    })

    it('prints nothing of itself', async () => {
      const secret = 'a secret of just thirty-two byte'
      await put({ 'binding.key': Buffer.from(secret).toString('base64') })
      const key = await readBindingKey(directory)
      const printed = [JSON.stringify({ key }), inspect(key, { showHidden: true })]
      const spellings = ['utf8', 'base64', 'hex'] as const
      for (const spelling of spellings) {
        const text = Buffer.from(secret).toString(spelling)
        assert.ok(!printed.join().includes(text), spelling)
      }
      assert.doesNotMatch(printed.join(), /61 20 73 65|97, ?32/)
    })

    const bytes = (length: number) => Buffer.alloc(length, 0xfb)
    const good = bytes(32).toString('base64')
    for (const [name, text] of [
      ['', good],
      [' with white space around', `\n ${good}\r\n`],
    ] as const) {
      it(`is read in base64${name}`, async () => {
        await put({ 'binding.key': text })
        assert.deepEqual((await readBindingKey(directory)).export(), bytes(32))
      })
    }

    const malformed: readonly (readonly [string, string | Buffer])[] = [
      ['nothing', ''],
      ['31 bytes', bytes(31).toString('base64')],
      ['33 bytes', bytes(33).toString('base64')],
      ['the URL alphabet', bytes(32).toString('base64url')],
      ['no padding', good.replace('=', '')],
      ['stray bits at its end', `${good.slice(0, -2)}9=`],
      ['white space inside', `${good.slice(0, 9)}\n${good.slice(9)}`],
      ['hex', bytes(32).toString('hex')],
      ['raw bytes', bytes(32)],
      ['a private key', leaf.key],
      ['two keys', `${good}\n${good}`],
    ]
    for (const [name, text] of malformed) {
      it(`is refused when it is ${name}`, async () => {
        await put({ 'binding.key': text })
        assert.match(
          await refusal(() => readBindingKey(directory), { text }),
          /^DIR\/binding\.key is not 32 bytes in base64; next: rauth keys init --directory DIR$/,
        )
      })
    }

    it('is missed by name', async () => {
      assert.match(
        await refusal(() => readBindingKey(directory)),
        /^DIR\/binding\.key cannot be read: ENOENT.*; next: rauth keys init/,
      )
    })
  })
})
