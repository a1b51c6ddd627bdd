import { SignJWT } from 'jose'
import { claimsToPayload, type ClaimSet } from './claims.ts'
import type { SigningKeySet } from './key-set.ts'

export interface SignedToken {
  /** Compact JWS. */
  readonly token: string
  readonly keyId: string
}

export interface Issuer {
  sign(claims: ClaimSet): Promise<SignedToken>
}

export interface IssuerOptions {
  readonly keys: SigningKeySet
  /**
   * Carry the certificate chain: both generations of the registry then need only the CA, and keys
   * change below it without a restart. A registry that knows nothing but a `jwks` file refuses it.
   */
  readonly x5c: boolean
}

export function createIssuer({ keys, x5c }: IssuerOptions): Issuer {
  return {
    async sign(claims) {
      const { algorithm, kid, chain, privateKey } = keys.active(claims.issuedAt)
      const header = { alg: algorithm, typ: 'JWT', kid, ...(x5c ? { x5c: [...chain] } : {}) }
      const token = await new SignJWT(claimsToPayload(claims))
        .setProtectedHeader(header)
        .sign(privateKey)
      return { token, keyId: kid }
    },
  }
}
