import { isIP } from 'node:net'
import path from 'node:path'
import { z } from 'zod'
import { readPatternFlaw } from '../policy/read-pattern.ts'
import { Redacted } from '../redacted.ts'
import { CHANGES } from './changes-at.ts'
import { parseCidr } from './cidr.ts'
import { NAMESPACE_NAME } from '../namespace-name.ts'
import { OBJECT_NAME } from '../object-name.ts'

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

/** A whole number; a string from the environment. */
export const count = (maximum: number) =>
  z.union([z.string(), z.number()]).transform((value, context) => {
    const number = /^\d{1,9}$/.test(String(value)) ? Number(value) : Infinity
    if (number <= maximum) return number
    const message = `must be a whole number from 0 to ${String(maximum)}`
    context.addIssue({ code: 'custom', message })
    return z.NEVER
  })

/** The name of a header, RFC 9110 §5.1, in lower case. */
export const headerName = z
  .string()
  .regex(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,64}$/, 'must be the name of a header, such as X-Real-IP')
  .toLowerCase()

/** A number of the environment is a text. */
export function wholeNumber(value: unknown): unknown {
  return typeof value === 'string' && /^-?\d{1,3}$/.test(value) ? Number(value) : value
}

/** Addresses and networks of which each is an IP address, or one with the length of its prefix. */
export const networks = z
  .array(
    z.string().transform((text, context) => {
      const parsed = parseCidr(text)
      if (typeof parsed !== 'string') return parsed
      context.addIssue({ code: 'custom', message: parsed })
      return z.NEVER
    }),
  )
  .max(256, 'must have 256 networks at most')

/** A URL may hold a `%` that begins no escape, or one that is not UTF-8; whoever decodes it fails. */
function hasGoodEscapes(text: string): boolean {
  try {
    decodeURIComponent(text)
    return true
  } catch {
    return false
  }
}

/** It may hold a password, so nothing of it is ever printed. */
export const redisUrl = z.string().transform((text, context) => {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isRedis = url !== undefined && ['redis:', 'rediss:'].includes(url.protocol)
  if (
    isRedis &&
    url.hostname !== '' &&
    hasGoodEscapes(url.username + url.password) &&
    /^\/?\d*$/.test(url.pathname) &&
    url.search + url.hash === ''
  ) {
    return new Redacted(text)
  }
  context.addIssue({
    code: 'custom',
    message:
      'must be redis://HOST:PORT, or rediss://… for TLS, with USER:PASSWORD@ before the host and /DATABASE behind it where needed; characters of a password that mean something in a URL are escaped, as %40 for @',
  })
  return z.NEVER
})

/** A registry as rauth reaches it. */
export const registryUrl = z.string().refine((value) => {
  const url = URL.canParse(value) ? new URL(value) : undefined
  const plain = url !== undefined && url.username + url.password + url.search + url.hash === ''
  return plain && /^https?:$/.test(url.protocol) && url.pathname === '/'
}, 'must be an http or https URL with nothing behind the host, such as http://registry:5000')

/** The name of a namespace: a DNS label (RFC 1123). */
export const namespace = z.string().regex(NAMESPACE_NAME, 'must be a namespace')

export const namespaces = z.array(namespace).max(64, 'must have 64 namespaces at most')

/** What a Secret and other objects can be called: a DNS subdomain (RFC 1123). */
export const objectName = z.string().regex(OBJECT_NAME, 'must be the name of an object')

/** A label selector as kubectl's `-l` has it; its parts are for the API server to judge. */
export const labelSelector = z
  .string()
  .regex(/^[A-Za-z0-9!=(),./ _-]{1,1024}$/, 'must be a label selector, such as registry=enabled')

export const file = z.string().min(1, 'must be a path')

/** The TLS of one port: all or nothing. Read again when they change. */
export const tlsFiles = z
  .strictObject({
    certificate: file
      .optional()
      .describe('PEM: the certificate of the port, then any intermediates.'),
    key: file.optional().describe('Its private key, PEM.'),
    clientAuthority: file
      .optional()
      .describe('PEM: only clients with a certificate under one of these CAs are let in.'),
  })
  .superRefine(({ certificate, key, clientAuthority }, context) => {
    const needs = (there: string, other: string) => {
      context.addIssue({ code: 'custom', path: [there], message: `needs ${other} beside it` })
    }
    if (certificate !== undefined && key === undefined) needs('certificate', '"key"')
    else if (certificate === undefined && key !== undefined) needs('key', '"certificate"')
    else if (certificate === undefined && clientAuthority !== undefined) {
      needs('clientAuthority', '"certificate" and "key"')
    }
  })
  .prefault({})

/** Patterns of repository names that others may pull. */
export const readPatterns = z
  .array(
    z.string().superRefine((pattern, context) => {
      const flaw = readPatternFlaw(pattern)
      if (flaw !== undefined) context.addIssue({ code: 'custom', message: flaw })
    }),
  )
  .max(64, 'must have 64 patterns at most')

/** A server that is asked about logins. */
export const hookUrl = z
  .string()
  .refine((value) => {
    const url = URL.canParse(value) ? new URL(value) : undefined
    return (
      url !== undefined &&
      /^https?:$/.test(url.protocol) &&
      url.username + url.password + url.hash === ''
    )
  }, 'must be an http or https URL without user, such as https://hook.example/login')
  .transform((value) => new URL(value).href)

export const atOnce = (usual: number) =>
  count(256)
    .refine((number) => number > 0, 'must be 1 at least')
    .prefault(usual)

/** What bounds a source that takes time to ask. */
export const askingBounds = (usual: number) => ({
  timeout: duration(1, 60)
    .prefault('5s')
    .describe('Longest time for one answer; then there is none.'),
  concurrency: atOnce(usual).describe('How many are asked at a time.'),
})

/** A program of the administrator's, one process for each question, without a shell. */
export const commandShape = z.strictObject(
  {
    program: file
      .optional()
      .describe('A path, or a name that is looked for on `PATH`; without: there is none.')
      .register(CHANGES, { at: 'run time', gone: 'at once' }),
    args: z
      .array(z.string('must be a text: put it in quotes'), 'must be a list of texts')
      .max(64, 'must have 64 arguments at most')
      .default([])
      .describe('What the program is given, one by one; no shell reads it.'),
    timeout: duration(1, 60)
      .prefault('10s')
      .describe('Longest time for one answer; then there is none.'),
    concurrency: atOnce(16).describe('How many run at a time.'),
  },
  'must be a map such as { program: /usr/local/bin/check }',
)

export const command = commandShape.prefault({})

/** A name without a slash is looked for on `PATH`, wherever the configuration is. */
export function programIn(folder: string, program: string | undefined) {
  return program?.includes('/') === true ? { program: path.resolve(folder, program) } : {}
}
