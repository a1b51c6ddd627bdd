import type { Access } from '../registry/access.ts'
import type { CredentialReference } from '../subject.ts'

/**
 * The claims of an access token. On the wire: `iss sub aud exp nbf iat jti access` of the
 * distribution token specification, and one private claim `rauth` = `{ns: string[], cred: [[id,
 * generation], …]}` with what the gateway needs to ask the policy again.
 */
export interface ClaimSet {
  readonly issuer: string
  readonly subject: string
  /** One service: the specification knows no audience list. */
  readonly audience: string
  /** Seconds since the epoch, whole. */
  readonly expiresAt: number
  readonly notBefore: number
  readonly issuedAt: number
  readonly id: string
  readonly access: Access
  readonly namespaces: readonly string[]
  readonly credentials: readonly CredentialReference[]
}
