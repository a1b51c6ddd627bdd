import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto'
import { calculateJwkThumbprint } from 'jose'
import type { Algorithm } from '../../src/token/algorithms.ts'
import { createAuthority, createLeaf, type KeyPairPem } from '../../src/token/certificate.ts'
import type { SigningKey } from '../../src/token/key-set.ts'

const DAY = 24 * 60 * 60 * 1000

/** A CA that lives as long as the test. */
export function throwAwayAuthority(algorithm: Algorithm = 'ES256'): Promise<KeyPairPem> {
  return createAuthority({ algorithm, name: 'throw-away CA', now: new Date(), days: 2 })
}

/** A key under the CA; `age` days ago its certificate began, which is good for one day. */
export async function certifiedKey(
  authority: KeyPairPem,
  algorithm: Algorithm,
  age = 0,
): Promise<SigningKey> {
  const now = new Date(Date.now() - age * DAY)
  const pem = await createLeaf(authority, { algorithm, name: 'throw-away key', now, days: 1 })
  const privateKey = createPrivateKey(pem.key)
  const publicKey = createPublicKey(privateKey)
  const certificate = new X509Certificate(pem.certificate)
  return {
    ...{ algorithm, privateKey, publicKey },
    kid: await calculateJwkThumbprint(publicKey.export({ format: 'jwk' })),
    chain: [certificate.raw.toString('base64')],
    notBefore: Date.parse(certificate.validFrom) / 1000,
    notAfter: Date.parse(certificate.validTo) / 1000,
  }
}

/** `chain` as PEM: what a registry's `rootcertbundle` holds. */
export function certificatesOf({ chain }: Pick<SigningKey, 'chain'>): string {
  return chain.map((der) => new X509Certificate(Buffer.from(der, 'base64')).toString()).join('')
}
