import type { KeyObject, webcrypto } from 'node:crypto'

/** Everything that rauth knows about one JWS algorithm, in one place (RFC 7518 §3, RFC 8037 §3.1). */
export interface AlgorithmFacts {
  /** Web Crypto parameters that make a key pair. */
  readonly generate: webcrypto.RsaHashedKeyGenParams | webcrypto.EcKeyGenParams | Named
  /** Web Crypto parameters that a certificate is signed with. */
  readonly certificate: Named & { readonly hash?: string }
  /** What node:crypto hashes with; nothing where the algorithm has its hash in itself. */
  readonly digest: string | null
  /** Whether a signature takes so long that it is made off the event loop. */
  readonly slow: boolean
  /** Length of the base64url signature part, where the algorithm fixes it. */
  readonly signatureLength?: number
  /** What `KeyObject.asymmetricKeyType` and its details must be. */
  readonly key: {
    readonly type: 'ec' | 'rsa' | 'ed25519'
    readonly curve?: string
    readonly minimumBits?: number
  }
  /** Whether registry 2.8 verifies it. Registry 3 verifies all of these. */
  readonly registry2: boolean
}

interface Named {
  readonly name: string
}

const ALGORITHMS = {
  ES256: {
    generate: { name: 'ECDSA', namedCurve: 'P-256' },
    certificate: { name: 'ECDSA', hash: 'SHA-256' },
    digest: 'sha256',
    signatureLength: 86,
    slow: false,
    key: { type: 'ec', curve: 'prime256v1' },
    registry2: true,
  },
  ES384: {
    generate: { name: 'ECDSA', namedCurve: 'P-384' },
    certificate: { name: 'ECDSA', hash: 'SHA-384' },
    digest: 'sha384',
    signatureLength: 128,
    slow: false,
    key: { type: 'ec', curve: 'secp384r1' },
    registry2: true,
  },
  RS256: {
    generate: {
      name: 'RSASSA-PKCS1-v1_5',
      hash: 'SHA-256',
      modulusLength: 2048,
      publicExponent: new Uint8Array([1, 0, 1]),
    },
    certificate: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
    digest: 'sha256',
    slow: true,
    key: { type: 'rsa', minimumBits: 2048 },
    registry2: true,
  },
  EdDSA: {
    generate: { name: 'Ed25519' },
    certificate: { name: 'Ed25519' },
    digest: null,
    signatureLength: 86,
    slow: false,
    key: { type: 'ed25519' },
    registry2: false,
  },
} as const satisfies Record<string, AlgorithmFacts>

export type Algorithm = keyof typeof ALGORITHMS

export const ALGORITHM_NAMES = Object.keys(ALGORITHMS) as readonly Algorithm[]

export function algorithmFacts(algorithm: Algorithm): AlgorithmFacts {
  return ALGORITHMS[algorithm]
}

/** Whether a key is of the kind that the algorithm wants; how long one of RSA is is another matter. */
export function isKeyFor(key: KeyObject, algorithm: Algorithm): boolean {
  const { type, curve } = algorithmFacts(algorithm).key
  return (
    key.asymmetricKeyType === type &&
    (curve === undefined || key.asymmetricKeyDetails?.namedCurve === curve)
  )
}
