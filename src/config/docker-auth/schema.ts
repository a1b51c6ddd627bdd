import { z } from 'zod'
import { readBcryptCost } from '../../credentials/bcrypt-hash.ts'
import { Redacted } from '../../redacted.ts'
import { entries } from './entry.ts'
import { flag, integer, text, texts } from './scalars.ts'

const file = text.min(1, 'must be a path')

const command = z.strictObject(
  {
    /** A path, or a name that is looked for on `PATH`. */
    command: text.min(1, 'must be the path or the name of a program'),
    args: texts('arguments').default([]),
  },
  'must be a map with command and args',
)

const server = z
  .strictObject({
    /** `HOST:PORT` or `:PORT`. */
    addr: text,
    net: text.default('tcp'),
    path_prefix: text.default(''),
    real_ip_header: text.optional(),
    real_ip_pos: integer.default(0),
    certificate: file.optional(),
    key: file.optional(),
    /** The four that follow change nothing: what rauth demands of TLS is in docs/docker-auth.md. */
    hsts: flag.default(false),
    tls_min_version: text.optional(),
    tls_curve_preferences: texts('curves').optional(),
    tls_cipher_suites: texts('cipher suites').optional(),
  })
  .superRefine(({ net, certificate, key, tls_min_version: version = '' }, context) => {
    const bad = (at: string, message: string) => {
      context.addIssue({ code: 'custom', path: [at], message })
    }
    if (net !== 'tcp') bad('net', 'must be tcp: rauth has no Unix sockets, listen on 127.0.0.1')
    if (certificate !== undefined && key === undefined) bad('certificate', 'needs "key" beside it')
    if (key !== undefined && certificate === undefined) bad('key', 'needs "certificate" beside it')
    if (/^(?:TLS13|0x0*304|772)$/i.test(version)) {
      bad(
        'tls_min_version',
        'cannot be TLS 1.3 alone: rauth takes 1.2, too, and nothing older; a proxy in front can demand more',
      )
    }
  })

const token = z
  .strictObject({
    /** `iss` of the tokens. */
    issuer: text.min(1, 'must be the issuer that the registries are configured with'),
    /** Lifetime of a token, seconds. */
    expiration: integer,
    certificate: file.optional(),
    key: file.optional(),
    /** Changes nothing: tokens name their certificate, which registries of both generations look at first. */
    disable_legacy_key_id: flag.default(false),
  })
  .superRefine(({ certificate, key }, context) => {
    const bad = (at: string, message: string) => {
      context.addIssue({ code: 'custom', path: [at], message })
    }
    if (certificate !== undefined && key === undefined) bad('certificate', 'needs "key" beside it')
    if (key !== undefined && certificate === undefined) bad('key', 'needs "certificate" beside it')
  })

const user = z.strictObject(
  {
    /** The bcrypt hash of it. Nothing of it is ever printed. */
    password: text
      .transform((hash, context) => {
        const cost = readBcryptCost(hash)
        if (typeof cost === 'number') return { hash: new Redacted(hash), cost }
        context.addIssue({ code: 'custom', message: cost })
        return z.NEVER
      })
      .optional(),
    labels: z
      .record(z.string(), texts('values of a label'), 'must be a map of labels with a list each')
      .default({}),
  },
  'must be a map with password and labels',
)

/** By user name; `""` is whoever has no credentials. */
const users = z
  .record(z.string(), user, 'must be a map of user names')
  .superRefine((all, context) => {
    for (const [name, { password }] of Object.entries(all)) {
      const bad = (message: string, ...at: string[]) => {
        context.addIssue({ code: 'custom', path: [name, ...at], message })
      }
      if (name === '' && password !== undefined) {
        bad('is one of nobody: "" is whoever has no credentials, and can have none', 'password')
      } else if (name !== '' && password === undefined) {
        bad(
          'has no password, with which docker_auth lets anybody in under this name: give it one, or let "" be everybody',
        )
      } else if (!/^[^:\p{C}]{0,255}$/u.test(name)) {
        bad('can log in nowhere: 255 printable characters at most, and no colon')
      }
    }
  })

/** A configuration of docker_auth, of which every value is still the text that stands there. */
export const schema = z
  .strictObject({
    server,
    token,
    users: users.optional(),
    ext_auth: command.optional(),
    acl: entries.optional(),
    ext_authz: command.optional(),
  })
  .superRefine(({ server, token, users, ext_auth: command, acl, ext_authz: judge }, context) => {
    const bad = (message: string, ...path: string[]) => {
      context.addIssue({ code: 'custom', path, message })
    }
    if (users === undefined && command === undefined) {
      bad(
        'is missing, as "ext_auth" is, so nobody could log in; "users: {}" says just that',
        'users',
      )
    }
    if (acl === undefined && judge === undefined) {
      bad('is missing, as "ext_authz" is, so nothing is allowed; "acl: []" says just that', 'acl')
    }
    if (token.certificate === undefined && server.certificate === undefined) {
      bad('needs "certificate" and "key", or those of "server"', 'token')
    }
  })

export type DockerAuth = z.output<typeof schema>
