import { sign, verify, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { algorithmFacts, type Algorithm } from './algorithms.ts'

const signElsewhere = promisify(sign)

/**
 * The signature part of a JWS over these bytes. RSA takes most of a millisecond, in which nothing else
 * would be answered, so another thread does it; for the others the way there costs more than they do.
 */
export async function signatureOf(
  { algorithm, privateKey }: { readonly algorithm: Algorithm; readonly privateKey: KeyObject },
  signed: Buffer,
): Promise<string> {
  const { digest, slow } = algorithmFacts(algorithm)
  const key = { key: privateKey, dsaEncoding: 'ieee-p1363' } as const
  const signature = slow ? await signElsewhere(digest, signed, key) : sign(digest, signed, key)
  return signature.toString('base64url')
}

/**
 * Whether a signature part is one of the key over these bytes, in the form that a JWS has it (RFC
 * 7518 §3.3, §3.4): for ES256 r and s of 32 bytes each, never DER.
 */
export function isSignatureOf(
  { algorithm, publicKey }: { readonly algorithm: Algorithm; readonly publicKey: KeyObject },
  signed: Buffer,
  signature: string,
): boolean {
  const { signatureLength, digest } = algorithmFacts(algorithm)
  if (signatureLength !== undefined && signature.length !== signatureLength) return false
  const key = { key: publicKey, dsaEncoding: 'ieee-p1363' } as const
  return verify(digest, signed, key, Buffer.from(signature, 'base64url'))
}
