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
  /** Start of the leaf's validity, seconds since the epoch: when the key was published. */
  readonly notBefore: number
  /** End of the chain's validity, seconds since the epoch. */
  readonly notAfter: number
}

export interface SigningKey extends VerificationKey {
  readonly privateKey: KeyObject
}

/** The keys of now. Read once at the start of a flow: an implementation may swap them any time. */
export interface KeySet {
  /** A key by exact `kid`: the one that signs, those that did and those that will. */
  find(kid: string): VerificationKey | undefined
  /** Public keys as a JSON Web Key Set, RFC 7517 §5. */
  jwks(): JSONWebKeySet
}

/** Keys of which one signs. */
export interface SigningKeySet extends KeySet {
  /** The key that signs a token of this moment, seconds since the epoch. */
  active(at: number): SigningKey
}

export interface KeySetOptions {
  /** Seconds for which a key is published before it signs. */
  readonly publishAhead?: number
  /** The algorithm to sign with as long as there is a key for it. */
  readonly algorithm?: Algorithm | undefined
}

/** Of these keys all verify and are published, and none signs. */
export function createVerificationKeySet(keys: readonly VerificationKey[]): KeySet {
  const sorted = newestFirst(keys)
  const byKid = new Map(sorted.map((key) => [key.kid, key]))
  if (byKid.size === 0) throw new RauthError('ERR_KEYS_UNREADABLE', 'there is no key')
  if (byKid.size !== keys.length) {
    throw new RauthError('ERR_KEYS_UNREADABLE', 'the same key is there twice: remove one')
  }
  const jwks = { keys: sorted.map(publicJwk) }
  return { find: (kid) => byKid.get(kid), jwks: () => jwks }
}

/**
 * Of these keys all verify and are published, and one signs: the newest that was published
 * `publishAhead` seconds before. Until then a younger key only waits, because replicas and registries
 * learn of it at different times and must know it before they are shown a token of it. The moment is
 * read from the certificate, so a folder of files is all the state that there is, and each replica
 * comes to the same answer by itself.
 *
 * A key that is alone signs at once; if all wait, the one that has waited longest does. Of two that
 * are as new as each other it is always the same one: replicas list the files of a folder in any
 * order.
 */
export function createKeySet(
  keys: readonly SigningKey[],
  { publishAhead = 0, algorithm }: KeySetOptions = {},
): SigningKeySet {
  const sorted = newestFirst(keys)
  const [newest] = sorted
  if (newest === undefined) throw new RauthError('ERR_KEYS_UNREADABLE', 'there is no signing key')
  const signing = signingKeys(sorted, algorithm)
  return {
    ...createVerificationKeySet(keys),
    active(at) {
      const inTime = signing.filter(({ notAfter }) => at < notAfter)
      // Past its end a certificate still signs when there is no other: better a token that a registry
      // may refuse than none.
      return (
        inTime.find((key) => at >= signsFrom(key, publishAhead)) ??
        inTime.at(-1) ??
        signing[0] ??
        newest
      )
    },
  }
}

/** Those that sign when it is their turn: of the wanted algorithm, if there is one of it. */
export function signingKeys<K extends VerificationKey>(
  keys: readonly K[],
  algorithm: Algorithm | undefined,
): readonly K[] {
  const wanted = keys.filter((key) => key.algorithm === algorithm)
  return wanted.length > 0 ? wanted : keys
}

/** When a key begins to sign if there are others, seconds since the epoch. */
export function signsFrom({ notBefore }: VerificationKey, publishAhead: number): number {
  return notBefore + publishAhead
}

export function newestFirst<K extends VerificationKey>(keys: readonly K[]): readonly K[] {
  return keys.toSorted((a, b) => b.notBefore - a.notBefore || (a.kid < b.kid ? -1 : 1))
}

function publicJwk({ publicKey, kid, algorithm }: VerificationKey): JWK {
  return { ...(publicKey.export({ format: 'jwk' }) as JWK), kid, alg: algorithm, use: 'sig' }
}
