import type { KeyObject } from 'node:crypto'
import type { JSONWebKeySet, JWK } from 'jose'
import { RauthError } from '../errors.ts'
import type { Algorithm } from './algorithms.ts'

/** A public key that tokens are verified with. */
export interface VerificationKey {
  /** RFC 7638 thumbprint. */
  readonly kid: string
  /** The one algorithm that this key is used with. */
  readonly algorithm: Algorithm
  readonly publicKey: KeyObject
  /** `x5c`: base64 DER of the leaf, then of its intermediates; never the root. */
  readonly chain: readonly string[]
  /** Start of the leaf's validity, seconds since the epoch: the latest key signs. */
  readonly notBefore: number
  /** End of the leaf's validity, seconds since the epoch. */
  readonly notAfter: number
}

export interface SigningKey extends VerificationKey {
  readonly privateKey: KeyObject
}

/** The keys of now. Read once at the start of a flow: an implementation may swap them any time. */
export interface KeySet {
  /** The key that signs. */
  active(): SigningKey
  /** A key by exact `kid`; the active one and those that still verify. */
  find(kid: string): VerificationKey | undefined
  /** Public keys as a JSON Web Key Set, RFC 7517 §5. */
  jwks(): JSONWebKeySet
}

/**
 * Of these keys the one whose certificate is newest signs; all verify. Of two that are as new as each
 * other it is always the same one: replicas list the files of a folder in any order.
 */
export function createKeySet(keys: readonly SigningKey[]): KeySet {
  const newestFirst = [...keys].sort(
    (a, b) => b.notBefore - a.notBefore || (a.kid < b.kid ? -1 : 1),
  )
  const active = newestFirst[0]
  if (active === undefined) throw new RauthError('ERR_KEYS_UNREADABLE', 'there is no signing key')
  const byKid = new Map(newestFirst.map((key) => [key.kid, key]))
  if (byKid.size !== keys.length) {
    throw new RauthError('ERR_KEYS_UNREADABLE', 'the same signing key is there twice: remove one')
  }
  const jwks = { keys: newestFirst.map(publicJwk) }
  return { active: () => active, find: (kid) => byKid.get(kid), jwks: () => jwks }
}

function publicJwk({ publicKey, kid, algorithm }: VerificationKey): JWK {
  return { ...(publicKey.export({ format: 'jwk' }) as JWK), kid, alg: algorithm, use: 'sig' }
}
