import { z } from 'zod'
import { parseTemplate, templateFlaw } from '../credentials/oidc/template.ts'
import { isLoopback } from './loopback.ts'
import { duration, file } from './values.ts'

const MAX_IDENTITIES = 64
const MAX_VALUES = 64

/** Of JWS with a public key (RFC 7518 §3.1, RFC 9864). */
const ALGORITHMS = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
] as const

export const text = z
  .string('must be a text: put it in quotes')
  .min(1, 'must not be empty')
  .max(1024)

/** One or a list of them. */
export const listOf = <T extends z.ZodType>(item: T, what: string) =>
  z
    .union([z.array(item).min(1).max(MAX_VALUES), item], what)
    .transform((value): z.output<T>[] =>
      Array.isArray(value) ? (value as z.output<T>[]) : [value],
    )

export const issuer = z.string().refine((value) => {
  const url = URL.canParse(value) ? new URL(value) : undefined
  if (url === undefined || url.username + url.password + url.search + url.hash !== '') return false
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname))
}, 'must be the https URL that is `iss` in its tokens, to the letter')

const template = z
  .string('must be a text such as "github:${repository}"')
  .transform((source, context) => {
    const flaw = source === '' ? 'must not be empty' : templateFlaw(source)
    if (flaw === undefined) return parseTemplate(source)
    context.addIssue({ code: 'custom', message: flaw })
    return z.NEVER
  })

/** What a claim must be; `true` is also what a claim with the text "true" is. */
const claimValue = z
  .union([z.string(), z.number(), z.boolean()], 'must be a text or a list of texts')
  .transform(String)

const identity = z.strictObject(
  {
    claims: z
      .record(
        z.string().min(1),
        listOf(claimValue, 'must be a text or a list of texts'),
        'must be a map such as { repository_owner: acme }',
      )
      .refine(
        (map) => Object.keys(map).length > 0,
        'must ask for a claim: an issuer has tokens for others than you, too',
      )
      .describe('What a token must say, each exactly: one value, or one of a list.'),
    account: template.describe('The user name that policies and logs have.'),
    namespace: template.optional().describe('The namespace that it stands for. Not set: none.'),
    labels: z
      .record(
        z.string().regex(/^[^{}$\p{C}]{1,128}$/u, 'must be 1 to 128 characters without { } $'),
        listOf(template, 'must be a text such as "${repository}", or a list of them'),
        'must be a map such as { repository: "${repository}" }',
      )
      .optional()
      .describe('What policy rules may ask for: values made of its claims.'),
  },
  'must be a map with claims and account',
)

/** One issuer of identity tokens. */
export const oidc = z.strictObject(
  {
    issuer: issuer.describe('`iss` of its tokens; where its keys are told, too.'),
    audience: listOf(text, 'must be a text or a list of texts').describe(
      'What a token must be for: one of these.',
    ),
    algorithms: listOf(z.enum(ALGORITHMS), `must be of ${ALGORITHMS.join(', ')}`)
      .prefault('RS256')
      .describe('What it may be signed with.'),
    jwks: file
      .optional()
      .describe(
        'Its keys, a JWKS, in place of those that it says itself where to fetch; read again when it changes.',
      ),
    authority: file
      .optional()
      .describe('PEM of the CA that its server is under, in place of those that Node.js trusts.'),
    timeout: duration(1, 60).prefault('5s').describe('Longest time for one of its answers.'),
    leeway: duration(0, 60).prefault('10s').describe('How far its clock may be ahead.'),
    identities: z
      .array(identity, 'must be a list of identities')
      .min(1, 'must have one')
      .max(MAX_IDENTITIES, `must have ${MAX_IDENTITIES} at most`)
      .describe('Who its tokens are: the first whose claims they have.'),
  },
  'must be a map with issuer, audience and identities',
)
