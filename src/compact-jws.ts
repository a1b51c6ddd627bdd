import { isMapping, type Mapping } from './mapping.ts'

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

/** The JSON object that is in a header or a payload. Nobody has looked at a signature: it proves nothing. */
export function unverifiedPart(part: string | undefined): Mapping | undefined {
  if (part === undefined) return undefined
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
    return isMapping(value) ? value : undefined
  } catch {
    return undefined
  }
}
