import { X509Certificate, type KeyObject } from 'node:crypto'
import { calculateJwkThumbprint } from 'jose'
import { RauthError } from '../../../errors.ts'
import {
  ALGORITHM_NAMES,
  algorithmFacts,
  isKeyFor,
  type Algorithm,
} from '../../../token/algorithms.ts'
import { hasAmbiguousKeyId } from '../../../token/key-id.ts'
import type { VerificationKey } from '../../../token/key-set.ts'
import { unreadable } from './key-problem.ts'

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

/** Name of the CA's files; every other name in a key folder is that of a key. */
export const AUTHORITY = 'ca'

export interface FoundKey<K extends VerificationKey> {
  readonly key: K
  /** When the last of the CAs that signed it ends; absent where the folder has no `ca.crt`. */
  readonly trustedUntil?: number
}

export interface CertifiedKey {
  /** The certificate file. */
  readonly file: string
  readonly chain: Certificates
  readonly algorithm: Algorithm
  readonly publicKey: KeyObject
  readonly authorities: Certificates | RauthError | undefined
}

/**
 * A public key with what its certificates say of it. Throws ERR_KEYS_UNREADABLE when they are no chain,
 * or none that ends at one of the CAs.
 */
export async function certifiedKey(given: CertifiedKey): Promise<FoundKey<VerificationKey>> {
  const { file, chain, algorithm, publicKey, authorities } = given
  const [leaf] = chain
  const top = topOf(file, chain)
  if (authorities instanceof RauthError) throw authorities
  const issuers = authorities?.filter((authority) => isIssuedBy(top, authority))
  if (issuers?.length === 0) {
    throw unreadable(file, 'is not signed by ca.crt', 'put the right CA beside it')
  }
  const key = {
    kid: await calculateJwkThumbprint(publicKey.export({ format: 'jwk' })),
    ...{ algorithm, publicKey },
    chain: chain.map((certificate) => certificate.raw.toString('base64')),
    notBefore: Date.parse(leaf.validFrom) / 1000,
    notAfter: Math.min(...chain.map(endOf)),
  }
  return { key, ...(issuers && { trustedUntil: Math.max(...issuers.map(endOf)) }) }
}

/** The last certificate of a chain. Throws ERR_KEYS_UNREADABLE if one does not stand before its issuer. */
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

/** What a public key is for. Throws ERR_KEYS_UNREADABLE, with its file, for one that must not be used. */
export function algorithmOf(file: string, key: KeyObject): Algorithm {
  const { modulusLength = 0 } = key.asymmetricKeyDetails ?? {}
  const algorithm = ALGORITHM_NAMES.find((name) => isKeyFor(key, name))
  if (algorithm === undefined) {
    throw unreadable(file, 'is none of EC P-256, EC P-384, RSA and Ed25519', 'make one of these')
  }
  const { minimumBits = 0 } = algorithmFacts(algorithm).key
  if (modulusLength < minimumBits) {
    throw unreadable(file, `has fewer than ${minimumBits} bits`, 'make a longer one')
  }
  if (hasAmbiguousKeyId(key.export({ format: 'jwk' }))) {
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
