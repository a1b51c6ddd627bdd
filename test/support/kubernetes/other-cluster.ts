import { exportJWK, generateKeyPair, SignJWT, type JWK } from 'jose'
import { formatServiceAccount, type ServiceAccount } from '../../../src/service-account.ts'

/** A cluster of which there is nothing but the key that it signs tokens with. */
export interface OtherCluster {
  readonly issuer: string
  readonly jwks: { readonly keys: readonly JWK[] }
  tokenOf(account: ServiceAccount, audience: string): Promise<string>
}

export async function otherCluster(): Promise<OtherCluster> {
  const { privateKey, publicKey } = await generateKeyPair('ES256')
  const header = { alg: 'ES256', kid: 'other' }
  const issuer = 'https://other.example'
  return {
    issuer,
    jwks: { keys: [{ ...(await exportJWK(publicKey)), ...header, use: 'sig' }] },
    tokenOf({ namespace, name }, audience) {
      const own = { namespace, serviceaccount: { name, uid: 'u' } }
      return new SignJWT({ 'kubernetes.io': own })
        .setProtectedHeader(header)
        .setIssuer(issuer)
        .setSubject(formatServiceAccount({ namespace, name }))
        .setAudience([audience])
        .setIssuedAt()
        .setNotBefore('0s')
        .setExpirationTime('10m')
        .sign(privateKey)
    },
  }
}
