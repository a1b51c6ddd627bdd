import path from 'node:path'
import { z } from 'zod'
import { ldap } from './ldap-schema.ts'
import { oidc } from './oidc-schema.ts'
import { serviceAccounts } from './service-accounts-schema.ts'
import { usersShape } from './users-schema.ts'
import { askingBounds, commandShape, duration, file, hookUrl, programIn } from './values.ts'

/** Sources that one chain may have. */
const MAX_SOURCES = 32

const users = z
  .strictObject(
    {
      ...usersShape,
      file: file
        .optional()
        .describe(
          'A file with `accounts` and `anonymous` in place of those here; read again when it changes.',
        ),
      format: z
        .enum(['rauth', 'docker_auth'])
        .optional()
        .describe(
          '`docker_auth`: the file is a configuration of docker_auth, of which `users` are read.',
        ),
    },
    'must be a map with accounts, or with the name of a file',
  )
  .superRefine(({ file, accounts, anonymous, format }, context) => {
    const bad = (message: string, ...path: string[]) => {
      context.addIssue({ code: 'custom', path, message })
    }
    if (format !== undefined && file === undefined) bad('is that of a file: name one', 'format')
    if (file !== undefined && (accounts ?? anonymous) !== undefined) {
      bad('stands alone: the accounts and anonymous are in it', 'file')
    } else if (file === undefined && accounts === undefined && anonymous === undefined) {
      bad('must have accounts, anonymous or a file')
    }
  })

/** What docker_auth calls `ext_auth`: one process for each login. */
const command = commandShape.refine(({ program }) => program !== undefined, {
  ...{ path: ['program'], message: 'is missing and has no default' },
})

/** The same over HTTP. */
const http = z.strictObject(
  {
    url: hookUrl.describe('Where it is asked.'),
    authority: file
      .optional()
      .describe(
        'PEM of the CA that its certificate is under, in place of those that Node.js trusts.',
      ),
    ...askingBounds(32),
    remember: duration(0, 300)
      .prefault('10s')
      .describe('How long a yes is one without asking again; 0s: never.'),
  },
  'must be a map such as { url: https://hook.example/login }',
)

/** One source: exactly one of these. */
const source = z.strictObject(
  {
    secrets: z.strictObject({}, 'must be {}').optional().describe('The Secrets of the namespaces.'),
    users: users
      .optional()
      .describe('People whom the administrator knows, by user name and password.'),
    command: command.optional().describe('A program that is told user name and password.'),
    http: http.optional().describe('A server that is told the same.'),
    oidc: oidc.optional().describe('An issuer of identity tokens, which are passwords here.'),
    ldap: ldap.optional().describe('A directory of people.'),
    serviceAccounts: serviceAccounts
      .optional()
      .describe('ServiceAccounts of a Kubernetes cluster, whose tokens are passwords here.'),
  },
  'must be a source such as { secrets: {} }',
)

type Source = z.output<typeof source>
export type SourceKind = keyof Source

export const SOURCE_KINDS = Object.keys(source.shape) as readonly SourceKind[]

/** Kinds that a chain has one of at most. */
const SINGLE: readonly SourceKind[] = ['secrets', 'users']

/** Who says who somebody is, in the order in which they are asked. */
export const identitySchema = z
  .array(source, 'must be a list such as [{ secrets: {} }]')
  .min(1, 'must have a source: leave it out for [{ secrets: {} }]')
  .max(MAX_SOURCES, `must have ${MAX_SOURCES} sources at most`)
  .superRefine((sources, context) => {
    const seen = new Set<SourceKind>()
    const issuers = new Set<string>()
    for (const [index, one] of sources.entries()) {
      const kinds = SOURCE_KINDS.filter((kind) => one[kind] !== undefined)
      const bad = (message: string) => {
        context.addIssue({ code: 'custom', path: [index], message })
      }
      const [kind] = kinds
      if (kind === undefined || kinds.length > 1) {
        bad(`must have exactly one of ${SOURCE_KINDS.join(', ')}`)
      } else if (SINGLE.includes(kind) && seen.has(kind)) bad(`is a second ${kind}: leave one`)
      if (kind !== undefined) seen.add(kind)
      const issuer = one.oidc?.issuer ?? one.serviceAccounts?.issuer ?? ''
      if (issuers.has(issuer)) {
        const kind = one.oidc === undefined ? 'source for tokens' : 'oidc'
        bad(`is a second ${kind} of ${issuer}: put its identities into the first`)
      }
      if (issuer !== '') issuers.add(issuer)
    }
    const clusters = sources.filter((one) => one.serviceAccounts !== undefined)
    for (const one of clusters.length < 2 ? [] : clusters) {
      const missing = (key: string, why: string) => {
        const path = [sources.indexOf(one), 'serviceAccounts', key]
        context.addIssue({ code: 'custom', path, message: `is missing: ${why}` })
      }
      const { issuer, jwks } = one.serviceAccounts ?? {}
      if (issuer === undefined) missing('issuer', 'of several serviceAccounts each has its own')
      const asked = clusters.find((other) => other.serviceAccounts?.jwks === undefined)
      if (jwks === undefined && one !== asked) {
        missing('jwks', 'rauth asks one cluster, and that is the one of the serviceAccounts before')
      }
    }
  })

export type Identity = z.output<typeof identitySchema>

/** With the paths in it taken from a folder. */
export function resolveSource<T extends Source>(source: T, folder: string): T {
  const { users, command, http, oidc, ldap, serviceAccounts: accounts } = source
  const at = (file: string) => path.resolve(folder, file)
  return {
    ...source,
    ...(users?.file !== undefined && { users: { ...users, file: at(users.file) } }),
    ...(command && { command: { ...command, ...programIn(folder, command.program) } }),
    ...(http?.authority !== undefined && { http: { ...http, authority: at(http.authority) } }),
    ...(ldap && {
      ldap: {
        ...ldap,
        ...(ldap.authority !== undefined && { authority: at(ldap.authority) }),
        ...(ldap.bind && { bind: { ...ldap.bind, passwordFile: at(ldap.bind.passwordFile) } }),
      },
    }),
    ...(accounts?.jwks !== undefined && {
      serviceAccounts: { ...accounts, jwks: at(accounts.jwks) },
    }),
    ...(oidc && {
      oidc: {
        ...oidc,
        ...(oidc.jwks !== undefined && { jwks: at(oidc.jwks) }),
        ...(oidc.authority !== undefined && { authority: at(oidc.authority) }),
      },
    }),
  }
}
