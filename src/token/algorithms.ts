/** Everything that rauth knows about one JWS algorithm, in one place (RFC 7518 §3, RFC 8037 §3.1). */
export interface AlgorithmFacts {
  /** Web Crypto parameters to generate a key pair and sign a certificate with it. */
  readonly generate: RsaHashedKeyGenParams | EcKeyGenParams
  /** Length of the base64url signature part, where the algorithm fixes it. */
  readonly signatureLength?: number
}

const ALGORITHMS = {
  ES256: {
    generate: { name: 'ECDSA', namedCurve: 'P-256' },
    signatureLength: 86,
  },
  RS256: {
    generate: {
      name: 'RSASSA-PKCS1-v1_5',
      hash: 'SHA-256',
      modulusLength: 2048,
      publicExponent: new Uint8Array([1, 0, 1]),
    },
  },
} as const satisfies Record<string, AlgorithmFacts>

export type Algorithm = keyof typeof ALGORITHMS

export const ALGORITHM_NAMES = Object.keys(ALGORITHMS) as readonly Algorithm[]

export function algorithmFacts(algorithm: Algorithm): AlgorithmFacts {
  return ALGORITHMS[algorithm]
}
