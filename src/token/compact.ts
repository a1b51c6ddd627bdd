/** A token in its three parts, each base64url as it stands in the token. */
export interface CompactParts {
  readonly header: string
  readonly payload: string
  readonly signature: string
}

const COMPACT = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)$/

/** The parts of a compact JWS (RFC 7515 §7.1), if each is in the one spelling of its bytes. */
export function splitCompact(token: string): CompactParts | undefined {
  const [, header, payload, signature] = COMPACT.exec(token) ?? []
  if (header === undefined || payload === undefined || signature === undefined) return undefined
  if (![header, payload, signature].every(isCanonical)) return undefined
  return { header, payload, signature }
}

/** Base64url has several spellings of the same bytes: only the one without spare bits counts. */
function isCanonical(part: string): boolean {
  return Buffer.from(part, 'base64url').toString('base64url') === part
}
