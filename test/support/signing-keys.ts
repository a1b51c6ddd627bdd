import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import { calculateJwkThumbprint } from 'jose'
import { ALGORITHM_NAMES, algorithmFacts, type Algorithm } from '../../src/token/algorithms.ts'
import type { SigningKey } from '../../src/token/key-set.ts'

/** A real key that lives as long as the test; its chain is no certificate, only a text of its own. */
export async function throwAwayKey(algorithm: Algorithm, notBefore = 0): Promise<SigningKey> {
  const { privateKey, publicKey } = keyPair(algorithm)
  const kid = await calculateJwkThumbprint(publicKey.export({ format: 'jwk' }))
  const chain = [Buffer.from(`certificate of ${kid}`).toString('base64')]
  return { kid, algorithm, privateKey, publicKey, chain, notBefore, notAfter: notBefore + 1e9 }
}

function keyPair(algorithm: Algorithm) {
  const { type, curve, minimumBits = 0 } = algorithmFacts(algorithm).key
  switch (type) {
    case 'ec':
      return generateKeyPairSync('ec', { namedCurve: curve ?? '' })
    case 'rsa':
      return generateKeyPairSync('rsa', { modulusLength: minimumBits })
    case 'ed25519':
      return generateKeyPairSync('ed25519')
  }
}

/** Base64url of a text or of some bytes as they are, and of anything else as JSON. */
export function part(value: unknown): string {
  const bytes = Buffer.isBuffer(value)
    ? value
    : Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))
  return bytes.toString('base64url')
}

/** A compact JWS of any header and any payload under a good signature of the key. */
export function compactJws(
  { privateKey }: Pick<SigningKey, 'privateKey'>,
  header: unknown,
  payload: unknown,
): string {
  const input = `${part(header)}.${part(payload)}`
  const options = { key: privateKey, dsaEncoding: 'ieee-p1363' } as const
  return `${input}.${sign(digestOf(privateKey), Buffer.from(input), options).toString('base64url')}`
}

/** What the algorithm that a key of this kind is for hashes with. */
function digestOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): string | null {
  const algorithm = ALGORITHM_NAMES.find((name) => {
    const { type, curve } = algorithmFacts(name).key
    return type === asymmetricKeyType && curve === asymmetricKeyDetails?.namedCurve
  })
  return algorithm === undefined ? 'sha256' : algorithmFacts(algorithm).digest
}
