import { isMapping } from '../../mapping.ts'
import { Redacted } from '../../redacted.ts'
import { parseObject } from './parse-object.ts'

/** What an exec plugin gives: a token, a certificate (PEM) with its key, or both. */
export interface ExecCredential {
  readonly token?: Redacted<string>
  readonly certificate?: string
  readonly key?: Redacted<string>
  /** Seconds since the epoch; Infinity: until the API server says no. */
  readonly until: number
}

/**
 * Reads an ExecCredential of client.authentication.k8s.io; undefined if a text is none that has a login. Nothing
 * of the text is in an error.
 */
export function parseExecCredential(text: string): ExecCredential | undefined {
  const status = parseObject(text)?.['status']
  if (!isMapping(status)) return undefined
  const field = (key: string) => {
    const value = status[key]
    return typeof value === 'string' && value !== '' ? value : undefined
  }
  const [token, certificate, key] = [
    field('token'),
    field('clientCertificateData'),
    field('clientKeyData'),
  ]
  if (token === undefined && certificate === undefined) return undefined
  const expiry = Date.parse(field('expirationTimestamp') ?? '')
  return {
    ...(token !== undefined && { token: new Redacted(token) }),
    ...(certificate !== undefined && { certificate }),
    ...(key !== undefined && { key: new Redacted(key) }),
    until: Number.isNaN(expiry) ? Infinity : expiry / 1000,
  }
}
