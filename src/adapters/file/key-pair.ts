import { createPrivateKey, createPublicKey, X509Certificate, type KeyObject } from 'node:crypto'
import path from 'node:path'
import { calculateJwkThumbprint } from 'jose'
import { RauthError } from '../../errors.ts'
import { ALGORITHM_NAMES, algorithmFacts, type Algorithm } from '../../token/algorithms.ts'
import { hasAmbiguousKeyId } from '../../token/key-id.ts'
import type { SigningKey } from '../../token/key-set.ts'
import { signsWhatItVerifies } from '../../token/self-test.ts'

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

/** Name of the CA's pair; every other pair in a key folder is a signing key. */
export const AUTHORITY = 'ca'

export interface FoundKey {
  readonly key: SigningKey
  /** When the last of the CAs that signed it ends; absent where the folder has no `ca.crt`. */
  readonly trustedUntil?: number
}

/** What is in the files of a pair, or why that can't be known. */
export interface PairContents {
  readonly directory: string
  readonly name: string
  readonly key: string | RauthError
  readonly certificate: string | RauthError
  readonly authorities: Certificates | RauthError | undefined
}

/**
 * A pair → the key, if it may sign. Throws ERR_KEYS_UNREADABLE for no certificate or another key's, a
 * weak key, one that fails its self-test, and a chain that does not end at one of the CAs. Looks at
 * no clock.
 */
export async function readPair(pair: PairContents): Promise<FoundKey> {
  const { directory, name, authorities } = pair
  const keyFile = path.join(directory, `${name}.key`)
  const certificateFile = path.join(directory, `${name}.crt`)
  if (pair.key instanceof RauthError) throw pair.key
  const privateKey = readPrivateKey(keyFile, pair.key)
  const algorithm = algorithmOf(keyFile, privateKey)
  const publicKey = createPublicKey(privateKey)
  if (pair.certificate instanceof RauthError) throw pair.certificate
  const chain = readCertificates(certificateFile, pair.certificate)
  const [leaf] = chain
  if (!leaf.checkPrivateKey(privateKey)) {
    throw unreadable(certificateFile, `is not the certificate of ${name}.key`, initHint(directory))
  }
  const top = topOf(certificateFile, chain)
  if (authorities instanceof RauthError) throw authorities
  const issuers = authorities?.filter((authority) => isIssuedBy(top, authority))
  if (issuers?.length === 0) {
    throw unreadable(certificateFile, 'is not signed by ca.crt', 'put the right CA beside it')
  }
  const key: SigningKey = {
    kid: await calculateJwkThumbprint(publicKey.export({ format: 'jwk' })),
    ...{ algorithm, publicKey, privateKey },
    chain: chain.map((certificate) => certificate.raw.toString('base64')),
    notBefore: Date.parse(leaf.validFrom) / 1000,
    notAfter: Math.min(...chain.map(endOf)),
  }
  if (!(await signsWhatItVerifies(key))) {
    throw unreadable(keyFile, 'signs what its own public key does not verify', 'make another one')
  }
  return { key, ...(issuers && { trustedUntil: Math.max(...issuers.map(endOf)) }) }
}

/** The last certificate of a chain; throws if one does not stand before its issuer. */
export function topOf(file: string, [leaf, ...issuers]: Certificates): X509Certificate {
  let top = leaf
  for (const issuer of issuers) {
    if (!isIssuedBy(top, issuer)) {
      throw unreadable(file, 'is no chain', 'put each certificate before its issuer')
    }
    top = issuer
  }
  return top
}

/** End of a certificate's validity, seconds since the epoch. */
export function endOf({ validTo }: X509Certificate): number {
  return Date.parse(validTo) / 1000
}

function algorithmOf(file: string, key: KeyObject): Algorithm {
  const { modulusLength = 0, namedCurve } = key.asymmetricKeyDetails ?? {}
  const algorithm = ALGORITHM_NAMES.find((name) => {
    const { type, curve } = algorithmFacts(name).key
    return key.asymmetricKeyType === type && (curve === undefined || namedCurve === curve)
  })
  if (algorithm === undefined) {
    throw unreadable(file, 'is none of EC P-256, EC P-384, RSA and Ed25519', 'make one of these')
  }
  const { minimumBits = 0 } = algorithmFacts(algorithm).key
  if (modulusLength < minimumBits) {
    throw unreadable(file, `has fewer than ${minimumBits} bits`, 'make a longer one')
  }
  if (hasAmbiguousKeyId(createPublicKey(key).export({ format: 'jwk' }))) {
    throw unreadable(
      file,
      'has a coordinate with a leading zero byte, for which registries compute another key id',
      'make another one',
    )
  }
  return algorithm
}

export function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey)
}

export function readPrivateKey(file: string, pem: string): KeyObject {
  try {
    return createPrivateKey(pem)
  } catch {
    // The cause quotes nothing useful and must never quote the key.
    throw unreadable(file, 'is not a private key in PEM', 'unencrypted PKCS #8 is wanted')
  }
}

export type Certificates = readonly [X509Certificate, ...X509Certificate[]]

/** All certificates of a PEM file, in its order. */
export function readCertificates(file: string, text: string): Certificates {
  try {
    const [first, ...others] = (text.match(CERTIFICATE) ?? []).map(
      (pem) => new X509Certificate(pem),
    )
    if (first !== undefined) return [first, ...others]
  } catch {
    // Told below: the cause says nothing that helps.
  }
  throw unreadable(file, 'is not a certificate in PEM', 'put the leaf first')
}

export function initHint(directory: string): string {
  return `rauth keys init --directory ${directory}`
}

export function unreadable(what: string, wrong: string, next: string): RauthError {
  return new RauthError('ERR_KEYS_UNREADABLE', `${what} ${wrong}; next: ${next}`)
}
