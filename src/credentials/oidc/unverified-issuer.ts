import { splitCompact, unverifiedPart } from '../../compact-jws.ts'

/**
 * What a password says that its issuer is, if it looks like an identity token: nothing of it is verified.
 * It only tells whose keys to verify it with.
 */
export function unverifiedIssuer(password: string): string | undefined {
  const claims = unverifiedPart(splitCompact(password)?.payload)
  const issuer = claims && Object.hasOwn(claims, 'iss') ? claims['iss'] : undefined
  return typeof issuer === 'string' ? issuer : undefined
}
