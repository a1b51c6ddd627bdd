import type { webcrypto } from 'node:crypto'

/** Everything that rauth knows about one JWS algorithm, in one place (RFC 7518 §3). */
export interface AlgorithmFacts {
  /** Web Crypto parameters that make a key pair. */
  readonly generate: webcrypto.RsaHashedKeyGenParams | webcrypto.EcKeyGenParams
  /** Web Crypto parameters that a certificate is signed with. */
  readonly certificate: { readonly name: string; readonly hash: string }
  readonly verification: { readonly digest: string }
  /** Length of the base64url signature part, where the algorithm fixes it. */
  readonly signatureLength?: number
  /** What `KeyObject.asymmetricKeyType` and its details must be. */
  readonly key: {
    readonly type: 'ec' | 'rsa'
    readonly curve?: string
    readonly minimumBits?: number
  }
}

const ALGORITHMS = {
  ES256: {
    generate: { name: 'ECDSA', namedCurve: 'P-256' },
    certificate: { name: 'ECDSA', hash: 'SHA-256' },
    verification: { digest: 'sha256' },
    signatureLength: 86,
    key: { type: 'ec', curve: 'prime256v1' },
  },
  RS256: {
    generate: {
      name: 'RSASSA-PKCS1-v1_5',
      hash: 'SHA-256',
      modulusLength: 2048,
      publicExponent: new Uint8Array([1, 0, 1]),
    },
    certificate: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
    verification: { digest: 'sha256' },
    key: { type: 'rsa', minimumBits: 2048 },
  },
} as const satisfies Record<string, AlgorithmFacts>

export type Algorithm = keyof typeof ALGORITHMS

export const ALGORITHM_NAMES = Object.keys(ALGORITHMS) as readonly Algorithm[]

export function algorithmFacts(algorithm: Algorithm): AlgorithmFacts {
  return ALGORITHMS[algorithm]
}
