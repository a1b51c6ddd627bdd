import type { KeyObject } from 'node:crypto'
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
import { endOf, isIssuedBy, topOf, type Certificates } from '../certificates.ts'
import { unreadable } from '../unreadable.ts'

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

/**
 * What a public key is for. Throws ERR_KEYS_UNREADABLE, with its file, for one that must not be used;
 * `anyKeyId`: nobody looks for it by its id.
 */
export function algorithmOf(file: string, key: KeyObject, anyKeyId = false): Algorithm {
  const { modulusLength = 0 } = key.asymmetricKeyDetails ?? {}
  const algorithm = ALGORITHM_NAMES.find((name) => isKeyFor(key, name))
  if (algorithm === undefined) {
    throw unreadable(file, 'is none of EC P-256, EC P-384, RSA and Ed25519', 'make one of these')
  }
  const { minimumBits = 0 } = algorithmFacts(algorithm).key
  if (modulusLength < minimumBits) {
    throw unreadable(file, `has fewer than ${minimumBits} bits`, 'make a longer one')
  }
  if (!anyKeyId && hasAmbiguousKeyId(key.export({ format: 'jwk' }))) {
    throw unreadable(
      file,
      'has a coordinate with a leading zero byte, for which registries compute another key id',
      'make another one',
    )
  }
  return algorithm
}
