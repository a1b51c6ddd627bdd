import { isKeyFor } from './algorithms.ts'
import type { ClaimSet } from './claims.ts'
import { splitCompact } from '../compact-jws.ts'
import { createIssuer } from './issuer.ts'
import { createKeySet, type SigningKey } from './key-set.ts'
import { isSignatureOf } from './signature.ts'

/** Nobody's: a token that no verifier accepts. */
const PROBE: ClaimSet = {
  ...{ issuer: 'self-test', subject: 'self-test', audience: 'self-test', id: 'self-test' },
  ...{ issuedAt: 0, notBefore: 0, expiresAt: 0 },
  ...{ access: [], namespaces: [], credentials: [] },
}

/**
 * Whether the private key signs what the public key verifies. That a key can be read says little: the
 * file of an EC key holds its public half as well, and nothing else compares the two.
 */
export async function signsWhatItVerifies(key: SigningKey): Promise<boolean> {
  const { algorithm, privateKey, publicKey } = key
  // node:crypto would sign with a key of any kind, under whatever name.
  if (!isKeyFor(privateKey, algorithm) || !isKeyFor(publicKey, algorithm)) return false
  try {
    const issuer = createIssuer({ keys: createKeySet([key]), x5c: false })
    const parts = splitCompact((await issuer.sign(PROBE)).token)
    if (parts === undefined) return false
    const { header, payload, signature } = parts
    return isSignatureOf(key, Buffer.from(`${header}.${payload}`, 'ascii'), signature)
  } catch {
    return false
  }
}
