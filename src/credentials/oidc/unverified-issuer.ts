/** A compact JWS: three parts of base64url. */
const COMPACT = /^[\w-]+\.([\w-]+)\.[\w-]+$/

/**
 * What a password says that its issuer is, if it looks like an identity token: nothing of it is verified.
 * It only tells whose keys to verify it with.
 */
export function unverifiedIssuer(password: string): string | undefined {
  const payload = COMPACT.exec(password)?.[1]
  if (payload === undefined) return undefined
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'))
    if (typeof claims !== 'object' || claims === null || !Object.hasOwn(claims, 'iss')) {
      return undefined
    }
    const { iss } = claims as { readonly iss: unknown }
    return typeof iss === 'string' ? iss : undefined
  } catch {
    return undefined
  }
}
