import { verify, type KeyObject } from 'node:crypto'
import { algorithmFacts, type Algorithm } from './algorithms.ts'

/**
 * Whether a signature part is one of the key over these bytes, in the form that a JWS has it (RFC
 * 7518 §3.3, §3.4): for ES256 r and s of 32 bytes each, never DER.
 */
export function isSignatureOf(
  { algorithm, publicKey }: { readonly algorithm: Algorithm; readonly publicKey: KeyObject },
  signed: Buffer,
  signature: string,
): boolean {
  const { signatureLength, verification } = algorithmFacts(algorithm)
  if (signatureLength !== undefined && signature.length !== signatureLength) return false
  const key = { key: publicKey, dsaEncoding: 'ieee-p1363' } as const
  return verify(verification.digest, signed, key, Buffer.from(signature, 'base64url'))
}
