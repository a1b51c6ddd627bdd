import { claimsToPayload, type ClaimSet } from './claims.ts'
import { signJws } from './jws.ts'
import type { SigningKeySet } from './key-set.ts'
import { ACCESS_TOKEN } from './verifier.ts'

export interface SignedToken {
  /** Compact JWS. */
  readonly token: string
  readonly keyId: string
  /** What it says. */
  readonly claims: ClaimSet
}

export interface Issuer {
  /** A token that says this; its id and its moments may be those of one that was made just before. */
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
      const key = keys.active(claims.issuedAt)
      const header = { typ: ACCESS_TOKEN, ...(x5c ? { x5c: key.chain } : {}) }
      const token = await signJws(header, claimsToPayload(claims), key)
      return { token, keyId: key.kid, claims }
    },
  }
}
