import { isIP } from 'node:net'
import { z } from 'zod'
import { readPatternFlaw } from '../policy/read-pattern.ts'
import { ALGORITHM_NAMES } from '../token/algorithms.ts'

const DURATION = /^(\d{1,6})(s|m|h)?$/
const SECONDS = { s: 1, m: 60, h: 3600 } as const

/** `300`, `300s`, `5m` or `1h` → seconds. */
const duration = (minimum: number, maximum: number) =>
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
const address = z.union([z.string(), z.number()]).transform((given, context): Address => {
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
const challengeText = z
  .string()
  .regex(
    /^[\x20\x21\x23-\x5b\x5d-\x7e]{1,255}$/,
    'must be 1 to 255 printable ASCII characters without " and \\',
  )

const realm = challengeText.refine((value) => {
  const url = URL.canParse(value) ? new URL(value) : undefined
  // It goes into every challenge, to whoever asks.
  const secret = url !== undefined && url.username + url.password !== ''
  return (
    url !== undefined && !secret && /^https?:$/.test(url.protocol) && url.search + url.hash === ''
  )
}, 'must be an http or https URL without user and query, the one that clients reach /token at')

const file = z.string().min(1, 'must be a path')

/** Patterns of repository names that others may pull. */
const readPatterns = z
  .array(
    z.string().superRefine((pattern, context) => {
      const flaw = readPatternFlaw(pattern)
      if (flaw !== undefined) context.addIssue({ code: 'custom', message: flaw })
    }),
  )
  .max(64, 'must have 64 patterns at most')

const shape = z.strictObject({
  /** `iss` of the tokens; the registry's `auth.token.issuer`. */
  issuer: challengeText.default('rauth'),
  /** `aud` of the tokens; the registry's `auth.token.service`. */
  service: challengeText.default('internal-registry.io'),
  /** Where clients fetch tokens; the registry's `auth.token.realm`. */
  realm,
  /**
   * More services that this one process issues tokens for, each with the realm that its registry
   * names. The gateway stands before the main one alone: it takes no token for these. In the
   * environment `SERVICE=REALM,…`.
   */
  services: z
    .array(z.strictObject({ service: challengeText, realm }))
    .max(32, 'must have 32 services at most')
    .default([]),
  logLevel: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
  /** Name of the credential Secret in every namespace. */
  secretName: z
    .string()
    .regex(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/, 'must be the name of a Secret')
    .default('registry-credentials'),
  token: z
    .strictObject({
      /** Lifetime of a token. Clients take anything below 60 s for 60 s. */
      expiry: duration(60, 86_400).prefault('5m'),
      /** The algorithm to sign with, if there are keys of several; else the newest key signs. */
      algorithm: z.enum(ALGORITHM_NAMES).optional(),
      /** That of a token that can do more than pull, so that a long upload ends; `expiry` if not set. */
      pushExpiry: duration(60, 86_400).optional(),
      /**
       * Refresh tokens: `docker login` then keeps one instead of the password. kubelet and containerd
       * do not read it from there and would pull without credentials: for people, not for clusters.
       */
      refresh: z
        .strictObject({
          enabled: z.boolean('must be true or false').default(false),
          /** One that was made to live longer ends, too, when this is made shorter. */
          expiry: duration(300, 31_536_000).prefault('720h'),
        })
        .prefault({}),
      /** Put the certificate chain into the header: registries then need only the CA. */
      x5c: z.boolean('must be true or false').default(true),
      /** How far the clocks of rauth's replicas may differ. */
      leeway: duration(0, 60).prefault('10s'),
    })
    .prefault({}),
  policy: z
    .strictObject({
      /**
       * Repositories that everyone may pull, also without credentials, such as `library/**`. `*` and `?`
       * stay inside one part of a name, `**` does not. In the environment separated by commas.
       */
      public: readPatterns.default([]),
      /** Repositories that every namespace may pull. Whoever owns one still does as it likes. */
      shared: readPatterns.default([]),
    })
    .prefault({}),
  keys: z
    .strictObject({
      /** Made by `rauth keys init`; or a mounted Secret with the same files. */
      directory: file.default('keys'),
      /**
       * How long a new key is published before it signs, counted from the start of its certificate;
       * one that is alone signs at once. Longer than the slowest of those who must know it first: a
       * mounted Secret takes up to 2 minutes to reach every replica, rauth 30 s to look, a cached JWKS
       * 1 minute, and clocks differ. A registry with a `jwks` file must be restarted within it.
       */
      publishAhead: duration(0, 604_800).prefault('5m'),
    })
    .prefault({}),
  credentials: z
    .strictObject({
      /** Secret manifests, as `kubectl get secret -o yaml` prints them. */
      directory: file.default('secrets'),
    })
    .prefault({}),
  /** How long /readyz says no before the ports close, so that by then nobody sends any more. */
  drainDelay: duration(0, 300).prefault('0s'),
  listen: z
    .strictObject({
      token: address.prefault('0.0.0.0:8080'),
      gateway: address.prefault('0.0.0.0:9191'),
      gatewayHttp: address.prefault('0.0.0.0:9192'),
      operations: address.prefault('0.0.0.0:9090'),
    })
    .prefault({}),
})

/** The configuration: every key with its meaning, unit and default. */
export const schema = shape.superRefine(({ service, services }, context) => {
  const known = new Set([service])
  for (const [index, other] of services.entries()) {
    if (known.has(other.service)) {
      const message = 'must be another service than those before it'
      context.addIssue({ code: 'custom', path: ['services', index, 'service'], message })
    }
    known.add(other.service)
  }
})

export type Config = z.output<typeof schema>

export interface Setting {
  readonly path: readonly string[]
  /** `token.expiry` is RAUTH_TOKEN_EXPIRY. */
  readonly variable: string
  /** The text of the variable → what would stand in the file. */
  readonly read: (text: string) => unknown
}

const readText = (text: string): unknown => text
const readBoolean = (text: string): unknown =>
  text === 'true' ? true : text === 'false' ? false : text

/** Separated by commas; nothing is an empty list. */
function readList(text: string): string[] {
  return text.split(',').flatMap((item) => (item.trim() === '' ? [] : [item.trim()]))
}

/** `FIRST=SECOND` → the two keys of a list item. */
function readPair(text: string, [first = '', second = '']: readonly string[]): unknown {
  const at = text.indexOf('=')
  return at < 0 ? { [first]: text } : { [first]: text.slice(0, at), [second]: text.slice(at + 1) }
}

function readerOf(shape: unknown): Setting['read'] {
  if (!(shape instanceof z.ZodArray)) return shape instanceof z.ZodBoolean ? readBoolean : readText
  const item: unknown = shape.element
  if (!(item instanceof z.ZodObject)) return readList
  const keys = Object.keys(item.shape)
  return (text) => readList(text).map((one) => readPair(one, keys))
}

function settingsOf(shape: unknown, prefix: readonly string[]): Setting[] {
  const inner = unwrapped(shape)
  if (inner instanceof z.ZodObject) {
    return Object.entries(inner.shape).flatMap(([key, value]) =>
      settingsOf(value, [...prefix, key]),
    )
  }
  const words = prefix.map((key) => key.replace(/[A-Z]/g, (letter) => `_${letter}`))
  const variable = `RAUTH_${words.join('_').toUpperCase()}`
  return [{ path: prefix, variable, read: readerOf(inner) }]
}

/** Every leaf of the schema with its environment variable. */
export const SETTINGS: readonly Setting[] = settingsOf(schema, [])

/** The keys that the schema knows at a place. */
export function keysAt(at: readonly string[]): string[] {
  let place: unknown = schema
  for (const key of at) {
    const inner = unwrapped(place)
    if (inner instanceof z.ZodObject) place = (inner.shape as Record<string, unknown>)[key]
    else place = inner instanceof z.ZodArray ? inner.element : undefined
  }
  const inner = unwrapped(place)
  return inner instanceof z.ZodObject ? Object.keys(inner.shape) : []
}

/** A schema without its default. */
function unwrapped(shape: unknown): unknown {
  let inner = shape
  while (inner instanceof z.ZodPrefault || inner instanceof z.ZodDefault) inner = inner.unwrap()
  return inner
}
