import { isIP } from 'node:net'
import { z } from 'zod'
import { readPatternFlaw } from '../policy/read-pattern.ts'

const DURATION = /^(\d{1,6})(s|m|h)?$/
const SECONDS = { s: 1, m: 60, h: 3600 } as const

/** `300`, `300s`, `5m` or `1h` → seconds. */
export const duration = (minimum: number, maximum: number) =>
  z.union([z.string(), z.number()]).transform((value, context) => {
    const [, digits, unit] = DURATION.exec(String(value)) ?? []
    const seconds = Number(digits) * SECONDS[(unit ?? 's') as keyof typeof SECONDS]
    if (digits !== undefined && seconds >= minimum && seconds <= maximum) return seconds
    context.addIssue({
      code: 'custom',
      message: `must be a duration such as 300, 300s, 5m or 1h, from ${String(minimum)} s to ${String(maximum)} s`,
    })
    return z.NEVER
  })

export interface Address {
  readonly host: string
  /** 0: one that the system picks. */
  readonly port: number
}

const HOST_NAME = /^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/

/** `host:port`, `[ipv6]:port` or `:port`. */
export const address = z.union([z.string(), z.number()]).transform((given, context): Address => {
  const value = String(given)
  const at = value.lastIndexOf(':')
  const host = value.slice(0, Math.max(at, 0)).replace(/^\[(.*)\]$/, '$1')
  const port = value.slice(at + 1)
  const isHost = host === '' || isIP(host) !== 0 || HOST_NAME.test(host)
  if (at >= 0 && isHost && /^\d{1,5}$/.test(port) && Number(port) <= 65535) {
    return { host: host === '' ? '0.0.0.0' : host, port: Number(port) }
  }
  context.addIssue({ code: 'custom', message: 'must be HOST:PORT, such as 0.0.0.0:8080' })
  return z.NEVER
})

/** What can stand inside the quotes of a challenge and in a claim: printable ASCII, no quote. */
export const challengeText = z
  .string()
  .regex(
    /^[\x20\x21\x23-\x5b\x5d-\x7e]{1,255}$/,
    'must be 1 to 255 printable ASCII characters without " and \\',
  )

export const realm = challengeText.refine((value) => {
  const url = URL.canParse(value) ? new URL(value) : undefined
  // It goes into every challenge, to whoever asks.
  const secret = url !== undefined && url.username + url.password !== ''
  return (
    url !== undefined && !secret && /^https?:$/.test(url.protocol) && url.search + url.hash === ''
  )
}, 'must be an http or https URL without user and query, the one that clients reach /token at')

/** A registry as rauth reaches it. */
export const registryUrl = z.string().refine((value) => {
  const url = URL.canParse(value) ? new URL(value) : undefined
  const plain = url !== undefined && url.username + url.password + url.search + url.hash === ''
  return plain && /^https?:$/.test(url.protocol) && url.pathname === '/'
}, 'must be an http or https URL with nothing behind the host, such as http://registry:5000')

/** Names of namespaces, each a DNS label (RFC 1123). */
export const namespaces = z
  .array(z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, 'must be a namespace'))
  .max(64, 'must have 64 namespaces at most')

export const file = z.string().min(1, 'must be a path')

/** Patterns of repository names that others may pull. */
export const readPatterns = z
  .array(
    z.string().superRefine((pattern, context) => {
      const flaw = readPatternFlaw(pattern)
      if (flaw !== undefined) context.addIssue({ code: 'custom', message: flaw })
    }),
  )
  .max(64, 'must have 64 patterns at most')
