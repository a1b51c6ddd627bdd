import { isMapping, type Mapping } from '../mapping.ts'

/** A compact JWS: three parts of base64url. */
const COMPACT = /^[\w-]+\.([\w-]+)\.[\w-]+$/

/** The claims in a password that looks like a signed token. Nothing of them is verified. */
export function unverifiedClaims(password: string): Mapping | undefined {
  const payload = COMPACT.exec(password)?.[1]
  if (payload === undefined) return undefined
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'))
    return isMapping(claims) ? claims : undefined
  } catch {
    return undefined
  }
}
