import type { KeyObject } from 'node:crypto'
import type { JSONWebKeySet } from 'jose'
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
