import assert from 'node:assert/strict'
import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto'
import { describe, it } from 'node:test'
import { ALGORITHM_NAMES, algorithmFacts, type Algorithm } from '../../../src/token/algorithms.ts'
import { createAuthority, createLeaf } from '../../../src/token/certificate.ts'
// Behind certificate.ts, which brings what this one needs to load.
import * as x509 from '@peculiar/x509'

/** Whole seconds: a certificate knows no smaller ones. */
const NOW = new Date('2026-11-24T12:00:00Z')
const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

const authority = (algorithm: Algorithm, days = 3650) =>
  createAuthority({ algorithm, name: 'rauth token CA', now: NOW, days })

const AUTHORITIES = {
  ES256: await authority('ES256'),
  ES384: await authority('ES384'),
  RS256: await authority('RS256'),
  EdDSA: await authority('EdDSA'),
}

const leafUnder = (ca: Algorithm, algorithm: Algorithm, days = 365) =>
  createLeaf(AUTHORITIES[ca], { algorithm, name: 'rauth token signing', now: NOW, days })

/** What node:crypto does not tell of a certificate. */
function extensions(pem: string) {
  const certificate = new x509.X509Certificate(pem)
  return {
    basic: certificate.getExtension(x509.BasicConstraintsExtension),
    usage: certificate.getExtension(x509.KeyUsagesExtension),
    subjectKey: certificate.getExtension(x509.SubjectKeyIdentifierExtension)?.keyId,
    authorityKey: certificate.getExtension(x509.AuthorityKeyIdentifierExtension)?.keyId,
  }
}

describe('createAuthority', () => {
  for (const algorithm of ALGORITHM_NAMES) {
    const pem = AUTHORITIES[algorithm]
    const certificate = new X509Certificate(pem.certificate)

    it(`makes an ${algorithm} CA that signs itself with its own key`, () => {
      assert.ok(certificate.ca)
      assert.ok(certificate.checkPrivateKey(createPrivateKey(pem.key)))
      assert.ok(certificate.verify(certificate.publicKey))
      assert.equal(certificate.subject, 'CN=rauth token CA')
      assert.equal(certificate.issuer, certificate.subject)
    })

    it(`lets an ${algorithm} CA sign certificates and nothing else, and no further CA`, () => {
      const { basic, usage } = extensions(pem.certificate)
      assert.deepEqual([basic?.ca, basic?.pathLength, basic?.critical], [true, 0, true])
      assert.equal(usage?.usages, x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign)
      assert.ok(usage.critical)
    })

    it(`writes the ${algorithm} key as unencrypted PKCS #8 of the right kind`, () => {
      assert.match(pem.key, /^-----BEGIN PRIVATE KEY-----\n[^-]+-----END PRIVATE KEY-----\n$/)
      const { asymmetricKeyType, asymmetricKeyDetails } = createPrivateKey(pem.key)
      const { type, curve, minimumBits } = algorithmFacts(algorithm).key
      assert.equal(asymmetricKeyType, type)
      assert.equal(asymmetricKeyDetails?.namedCurve, curve)
      assert.equal(asymmetricKeyDetails?.modulusLength, minimumBits)
    })
  }

  it('begins a little in the past, for clocks that are behind, and ends after its days', () => {
    const { validFrom, validTo } = new X509Certificate(AUTHORITIES.ES256.certificate)
    assert.equal(Date.parse(validFrom), NOW.getTime() - 5 * MINUTE)
    assert.equal(Date.parse(validTo), NOW.getTime() + 3650 * DAY)
  })

  it('makes another key and another serial number each time', async () => {
    const [one, two] = [await authority('ES256'), await authority('ES256')]
    assert.notEqual(one.key, two.key)
    const serial = (pem: string) => new X509Certificate(pem).serialNumber
    assert.notEqual(serial(one.certificate), serial(two.certificate))
    assert.match(serial(one.certificate), /^[0-9A-F]{16,40}$/)
  })
})

describe('createLeaf', () => {
  for (const ca of ALGORITHM_NAMES) {
    for (const algorithm of ALGORITHM_NAMES) {
      it(`makes an ${algorithm} certificate under an ${ca} CA`, async () => {
        const pem = await leafUnder(ca, algorithm)
        const leaf = new X509Certificate(pem.certificate)
        const issuer = new X509Certificate(AUTHORITIES[ca].certificate)
        assert.ok(leaf.verify(issuer.publicKey))
        assert.ok(leaf.checkIssued(issuer))
        assert.ok(leaf.checkPrivateKey(createPrivateKey(pem.key)))
        assert.equal(leaf.publicKey.asymmetricKeyType, algorithmFacts(algorithm).key.type)
        assert.equal(leaf.subject, 'CN=rauth token signing')
        assert.equal(leaf.issuer, issuer.subject)
      })
    }
  }

  it('is not verified by another CA of the same name', async () => {
    const leaf = new X509Certificate((await leafUnder('ES256', 'ES256')).certificate)
    const other = new X509Certificate((await authority('ES256')).certificate)
    assert.equal(other.subject, leaf.issuer)
    assert.ok(!leaf.verify(other.publicKey))
  })

  it('may sign and nothing else, and is no CA', async () => {
    const { certificate } = await leafUnder('ES256', 'ES256')
    assert.ok(!new X509Certificate(certificate).ca)
    const { basic, usage } = extensions(certificate)
    assert.deepEqual([basic?.ca, basic?.critical], [false, true])
    assert.equal(usage?.usages, x509.KeyUsageFlags.digitalSignature)
    assert.ok(usage.critical)
  })

  it('names the key of its CA', async () => {
    const { subjectKey, authorityKey } = extensions((await leafUnder('ES256', 'ES256')).certificate)
    const ca = extensions(AUTHORITIES.ES256.certificate)
    assert.equal(authorityKey, ca.subjectKey)
    assert.ok(subjectKey !== undefined && subjectKey !== authorityKey)
  })

  it('begins a little in the past and ends after its days', async () => {
    const { certificate } = await leafUnder('RS256', 'ES256', 30)
    const { validFrom, validTo } = new X509Certificate(certificate)
    assert.equal(Date.parse(validFrom), NOW.getTime() - 5 * MINUTE)
    assert.equal(Date.parse(validTo), NOW.getTime() + 30 * DAY)
  })

  it('does not outlive its CA: no registry would trust the rest of it', async () => {
    const options = { algorithm: 'ES256', name: 'leaf', now: NOW, days: 365 } as const
    const { certificate } = await createLeaf(await authority('ES256', 30), options)
    assert.equal(Date.parse(new X509Certificate(certificate).validTo), NOW.getTime() + 30 * DAY)
  })

  it('begins when it is told to', async () => {
    const options = { algorithm: 'ES256', name: 'leaf', now: NOW, days: 365 } as const
    const { certificate } = await createLeaf(AUTHORITIES.ES256, { ...options, notBefore: NOW })
    const { validFrom, validTo } = new X509Certificate(certificate)
    assert.equal(Date.parse(validFrom), NOW.getTime())
    assert.equal(Date.parse(validTo), NOW.getTime() + 365 * DAY)
  })

  it('has no coordinate that begins with a zero byte', async () => {
    // One key in 128 has: without the rule a few of them would be there.
    const keys = await Promise.all(
      Array.from({ length: 200 }, async () =>
        createPublicKey((await leafUnder('ES256', 'ES256')).key),
      ),
    )
    for (const key of keys) {
      const { x, y } = key.export({ format: 'jwk' })
      assert.ok(x !== undefined && y !== undefined)
      assert.notEqual(Buffer.from(x, 'base64url')[0], 0)
      assert.notEqual(Buffer.from(y, 'base64url')[0], 0)
    }
  })
})
