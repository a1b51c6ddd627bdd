import type { Access } from '../registry/access.ts'
import type { Issuer } from '../token/issuer.ts'
import type { Common } from './common.ts'

/** How long rauth's own token lives, seconds: longer than what it is for takes. */
const OWN_EXPIRY = 120

/** `sub` of rauth's own token, for the log of the registry. */
const OWN_SUBJECT = 'rauth'

/** A token of rauth's own for the registry. The gateway takes none: it has a subject, and no credential. */
export async function ownToken(
  { config, clock, newId }: Common,
  issuer: Issuer,
  access: Access,
): Promise<string> {
  const now = Math.floor(clock())
  const signed = await issuer.sign({
    ...{ issuer: config.issuer, subject: OWN_SUBJECT, audience: config.service },
    ...{ expiresAt: now + OWN_EXPIRY, notBefore: now, issuedAt: now, id: newId() },
    ...{ access, namespaces: [], credentials: [] },
  })
  return signed.token
}
