import { isIP } from 'node:net'
import { z } from 'zod'

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
const address = z.string().transform((value, context): Address => {
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

/** The configuration: every key with its meaning, unit and default. */
export const schema = z.strictObject({
  /** `iss` of the tokens; the registry's `auth.token.issuer`. */
  issuer: challengeText.default('rauth'),
  /** `aud` of the tokens; the registry's `auth.token.service`. */
  service: challengeText.default('internal-registry.io'),
  /** Where clients fetch tokens; the registry's `auth.token.realm`. */
  realm,
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
      /** Put the certificate chain into the header: registries then need only the CA. */
      x5c: z.boolean().default(true),
      /** How far the clocks of rauth's replicas may differ. */
      leeway: duration(0, 60).prefault('10s'),
    })
    .prefault({}),
  keys: z
    .strictObject({
      /** Made by `rauth keys init`; or a mounted Secret with the same files. */
      directory: file.default('keys'),
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

export type Config = z.output<typeof schema>

export interface Setting {
  readonly path: readonly string[]
  /** `token.expiry` is RAUTH_TOKEN_EXPIRY. */
  readonly variable: string
  /** The text of the variable → what stands for it in YAML. */
  readonly read: (text: string) => unknown
}

const asText = (text: string) => text
const asBoolean = (text: string) => (text === 'true' ? true : text === 'false' ? false : text)

function settingsOf(shape: z.core.$ZodType, prefix: readonly string[]): Setting[] {
  let inner = shape
  while (inner instanceof z.ZodPrefault || inner instanceof z.ZodDefault) inner = inner.unwrap()
  if (inner instanceof z.ZodObject) {
    return Object.entries(inner.shape as Record<string, z.core.$ZodType>).flatMap(([key, value]) =>
      settingsOf(value, [...prefix, key]),
    )
  }
  const words = prefix.map((key) => key.replace(/[A-Z]/g, (letter) => `_${letter}`))
  const variable = `RAUTH_${words.join('_').toUpperCase()}`
  return [{ path: prefix, variable, read: inner instanceof z.ZodBoolean ? asBoolean : asText }]
}

/** Every leaf of the schema with its environment variable. */
export const SETTINGS: readonly Setting[] = settingsOf(schema, [])

/** The keys that the schema knows at a place. */
export function keysAt(at: readonly string[]): string[] {
  const below = SETTINGS.filter(({ path }) => at.every((key, i) => path[i] === key))
  return [...new Set(below.flatMap(({ path }) => path[at.length] ?? []))]
}
