import { mapClaims, type ClaimMapping } from '../../credentials/oidc/mapping.ts'
import { unverifiedIssuer } from '../../credentials/oidc/unverified-issuer.ts'
import type { IdentitySource } from '../../credentials/source.ts'
import { vouchedSubject } from '../../credentials/vouchers.ts'
import type { Redacted } from '../../redacted.ts'
import type { CredentialReference } from '../../subject.ts'
import { createTokenVerification, type TokenVerificationOptions } from './token-verification.ts'

export interface IdentityTokensOptions extends TokenVerificationOptions {
  readonly mappings: readonly ClaimMapping[]
  readonly reference: CredentialReference
}

/**
 * The identity tokens of one OIDC issuer as passwords; the user name beside them means nothing. A password
 * that is no token of this issuer is not mine. What is issued for one ends no later than it does.
 */
export function createIdentityTokens(options: IdentityTokensOptions): IdentitySource {
  const { issuer, mappings, reference } = options
  const verify = createTokenVerification(options)
  const claims = (password: Redacted<string>) => unverifiedIssuer(password.reveal()) === issuer

  return {
    name: `oidc ${issuer}`,
    claims,
    async ask({ password }) {
      if (!claims(password)) return { kind: 'not-mine', detail: 'no token of this issuer' }
      const verified = await verify(password.reveal())
      if (verified.kind !== 'verified') return verified
      const mapped = mapClaims(mappings, verified.payload)
      if (!mapped.ok) return { kind: 'no', detail: mapped.detail }
      const subject = vouchedSubject(mapped.account, reference, mapped.vouched)
      return { kind: 'yes', subject: { ...subject, until: verified.payload.exp } }
    },
  }
}
