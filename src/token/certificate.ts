import { webcrypto } from 'node:crypto'
// What @peculiar/x509 is built on throws at import without it.
import 'reflect-metadata'
import * as x509 from '@peculiar/x509'
import { ALGORITHM_NAMES, algorithmFacts, type Algorithm } from './algorithms.ts'
import { hasAmbiguousKeyId } from './key-id.ts'

const DAY = 24 * 60 * 60 * 1000
/** How far certificates begin in the past: the registry's clock may be behind. */
const SKEW = 5 * 60 * 1000

/** A private key and its certificate, both PEM; the key is PKCS #8. */
export interface KeyPairPem {
  readonly key: string
  readonly certificate: string
}

export interface CertificateOptions {
  readonly algorithm: Algorithm
  /** Common name. */
  readonly name: string
  readonly now: Date
  readonly days: number
  /** Begin of its validity, where not a little in the past. */
  readonly notBefore?: Date
}

/** A CA of rauth's own: what registries trust (`rootcertbundle`) so that keys can change below it. */
export async function createAuthority(options: CertificateOptions): Promise<KeyPairPem> {
  const keys = await generateKeys(options.algorithm)
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      ...validity(options),
      keys,
      name: subjectOf(options.name),
      signingAlgorithm: algorithmFacts(options.algorithm).certificate,
      extensions: [
        new x509.BasicConstraintsExtension(true, 0, true),
        new x509.KeyUsagesExtension(
          x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign,
          true,
        ),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      ],
    },
    webcrypto,
  )
  return toPem(keys, certificate)
}

/** A signing key with a certificate under the CA, which it does not outlive. */
export async function createLeaf(
  authority: KeyPairPem,
  options: CertificateOptions,
): Promise<KeyPairPem> {
  const issuer = new x509.X509Certificate(authority.certificate)
  // Its declared type is one of the browser's, which are not here.
  const issuerAlgorithm = issuer.publicKey.algorithm as webcrypto.KeyAlgorithm
  const signingAlgorithm = certificateAlgorithm(issuerAlgorithm)
  const signingKey = await webcrypto.subtle.importKey(
    'pkcs8',
    x509.PemConverter.decodeFirst(authority.key),
    { ...issuerAlgorithm, ...signingAlgorithm },
    false,
    ['sign'],
  )
  const keys = await generateKeys(options.algorithm)
  const { notBefore, notAfter } = validity(options)
  const certificate = await x509.X509CertificateGenerator.create(
    {
      notBefore,
      notAfter: notAfter < issuer.notAfter ? notAfter : issuer.notAfter,
      subject: subjectOf(options.name),
      issuer: issuer.subject,
      publicKey: keys.publicKey,
      signingKey,
      signingAlgorithm,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
        await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
      ],
    },
    webcrypto,
  )
  return toPem(keys, certificate)
}

function subjectOf(name: string): string {
  return `CN=${name}`
}

/** What a CA with such a key signs with; its key may be one that rauth would not make. */
function certificateAlgorithm({
  name,
  namedCurve,
}: webcrypto.KeyAlgorithm & { readonly namedCurve?: string }) {
  const own = ALGORITHM_NAMES.map(algorithmFacts).find(
    ({ generate }) =>
      generate.name === name &&
      ('namedCurve' in generate ? generate.namedCurve : undefined) === namedCurve,
  )
  return own?.certificate ?? { name, hash: 'SHA-256' }
}

function validity({ now, days, notBefore }: CertificateOptions) {
  return {
    notBefore: notBefore ?? new Date(now.getTime() - SKEW),
    notAfter: new Date(now.getTime() + days * DAY),
  }
}

/** A pair whose key id every registry computes alike. */
async function generateKeys(algorithm: Algorithm): Promise<webcrypto.CryptoKeyPair> {
  const { generate } = algorithmFacts(algorithm)
  for (;;) {
    // An algorithm with nothing but a name has no overload that tells that it makes a pair.
    const pair = (await webcrypto.subtle.generateKey(generate, true, [
      'sign',
      'verify',
    ])) as webcrypto.CryptoKeyPair
    const jwk = await webcrypto.subtle.exportKey('jwk', pair.publicKey)
    if (!hasAmbiguousKeyId(jwk)) return pair
  }
}

async function toPem(
  keys: webcrypto.CryptoKeyPair,
  certificate: x509.X509Certificate,
): Promise<KeyPairPem> {
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)
  return {
    key: `${x509.PemConverter.encode(pkcs8, 'PRIVATE KEY')}\n`,
    certificate: `${certificate.toString('pem')}\n`,
  }
}
