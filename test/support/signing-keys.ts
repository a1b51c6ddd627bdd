import { generateKeyPairSync, sign } from 'node:crypto'
import { calculateJwkThumbprint } from 'jose'
import type { Algorithm } from '../../src/token/algorithms.ts'
import type { SigningKey } from '../../src/token/key-set.ts'

/** A real key that lives as long as the test; its chain is no certificate, only a text of its own. */
export async function throwAwayKey(algorithm: Algorithm, notBefore = 0): Promise<SigningKey> {
  const { privateKey, publicKey } =
    algorithm === 'ES256'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('rsa', { modulusLength: 2048 })
  const kid = await calculateJwkThumbprint(publicKey.export({ format: 'jwk' }))
  const chain = [Buffer.from(`certificate of ${kid}`).toString('base64')]
  return { kid, algorithm, privateKey, publicKey, chain, notBefore, notAfter: notBefore + 1e9 }
}

/** Base64url of a text or of some bytes as they are, and of anything else as JSON. */
export function part(value: unknown): string {
  const bytes = Buffer.isBuffer(value)
    ? value
    : Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))
  return bytes.toString('base64url')
}

/** A compact JWS of any header and any payload under a good SHA-256 signature of the key. */
export function compactJws(
  { privateKey }: Pick<SigningKey, 'privateKey'>,
  header: unknown,
  payload: unknown,
): string {
  const input = `${part(header)}.${part(payload)}`
  const options = { key: privateKey, dsaEncoding: 'ieee-p1363' } as const
  return `${input}.${sign('sha256', Buffer.from(input), options).toString('base64url')}`
}
