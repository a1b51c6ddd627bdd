import { isIP } from 'node:net'
import { z } from 'zod'
import { parseInstant } from '../instant.ts'
import type { Asker } from '../policy/asker.ts'
import type { PolicyCase } from '../policy/policy-case.ts'
import { accepted, type Result } from '../refusal.ts'
import { parseServiceAccount } from '../service-account.ts'
import type { Access } from '../registry/access.ts'
import { formatScope, parseScopes } from '../registry/scope.ts'
import { readFileAs } from './document-file.ts'
import { problemsError } from './problems.ts'
import { labels } from './users-schema.ts'

/** A case of a file. */
export interface WrittenCase extends PolicyCase {
  /** `cases.yaml:12`. */
  readonly where: string
  readonly name: string
}

const ACTIONS = ['pull', 'push', 'delete'] as const

const list = (error: string) =>
  z
    .union([z.string(), z.array(z.string())], error)
    .transform((value) => (typeof value === 'string' ? [value] : value))

const scopes = list(
  'must be a scope such as repository:team-a/app:pull, or a list of them',
).transform((values, context): Access => {
  const parsed: Result<Access> = values.join('') === '' ? accepted([]) : parseScopes(values)
  if (parsed.ok) return parsed.value
  const message = `must be scopes such as repository:team-a/app:pull: ${parsed.refusal.detail ?? ''}`
  context.addIssue({ code: 'custom', message })
  return z.NEVER
})

const time = z.string('must be a time in quotes').transform((value, context) => {
  const seconds = parseInstant(value)
  if (seconds !== undefined) return seconds
  context.addIssue({ code: 'custom', message: 'must be an RFC 3339 time, 2026-12-24T12:00:00Z' })
  return z.NEVER
})

const given = z
  .strictObject(
    {
      as: z
        .string()
        .regex(/^[^/]*(\/.+)?$/s, 'must be NAMESPACE, NAMESPACE/USER or /USER')
        .min(1, 'must be NAMESPACE, NAMESPACE/USER or /USER')
        .optional()
        .describe(
          'Who asks: NAMESPACE, NAMESPACE/USER, /USER or system:serviceaccount:NAMESPACE:NAME; without it nobody.',
        ),
      scope: scopes
        .refine(
          (access) => access.length > 0,
          'must ask for something: what is granted of nothing says nothing',
        )
        .describe('What is asked for.'),
      labels: labels.optional().describe('What an identity source says of who asks.'),
      limit: z
        .array(z.enum(ACTIONS))
        .optional()
        .describe('The most that the credential may do; not set: anything.'),
      ip: z
        .string()
        .refine((value) => isIP(value) !== 0, 'must be an IP address')
        .optional()
        .describe('Address of the client; not set: nobody knows.'),
      at: time.optional().describe('When; not set: nobody knows.'),
      tags: list('must be a tag or a list of them')
        .optional()
        .describe('Tags that the request names; not set: of a token, which is for all.'),
      service: z.string().optional().describe('What the token is for.'),
    },
    'must be a map such as { as: team-a, scope: "repository:team-a/app:pull" }',
  )
  .describe('The question.')

const expected = z
  .union(
    [
      z.enum(['allowed', 'denied']),
      z
        .strictObject({
          granted: scopes.optional().describe('Exactly what is granted; "" for nothing.'),
          rule: z
            .string()
            .optional()
            .describe('The rule that decides; of several, commas between.'),
          reason: z.string().optional().describe('The words for whoever is denied something.'),
        })
        // Whatever the policy says would be as expected.
        .refine(
          (map) => Object.values(map).some((value) => value !== undefined),
          'must say what is granted, or the rule, or the reason: anything would be as expected',
        ),
    ],
    'must be allowed, denied, or a map such as { granted: "repository:team-a/app:pull", rule: policy.yaml:3 }',
  )
  .describe('The answer: all of it is granted, nothing is, or what is said.')

/** A file of cases for a policy: every key with its meaning. */
export const casesSchema = z.strictObject({
  cases: z
    .array(
      z.strictObject(
        {
          name: z.string('must be a text').optional().describe('What the case shows.'),
          ...{ given, expect: expected },
        },
        'must be a case: a map with given and expect',
      ),
      'must be a list of cases',
    )
    .min(1, 'must have a case')
    .max(10_000, 'must have 10000 cases at most')
    .describe('Questions to the policy, each with the answer that it should give.'),
})

/** The cases in a text. Throws a RauthError that lists each mistake with its place. */
export function casesOf(source: string, fileName: string, service: string): readonly WrittenCase[] {
  const read = readFileAs(casesSchema, source, fileName)
  if (read.problems !== undefined) throw problemsError(read.problems)
  const { data, document } = read
  return data.cases.map(({ name, given: question, expect }, index) => {
    const { scope: requested } = question
    const { granted, ...rest } =
      expect === 'allowed'
        ? { granted: requested }
        : expect === 'denied'
          ? { granted: [] }
          : { ...expect, granted: expect.granted ?? undefined }
    return {
      where: `${fileName}:${document.locate(['cases', index]).line}`,
      name: name ?? `${question.as ?? 'nobody'} asks for ${formatScope(requested)}`,
      ...{ asker: askerOf(question, service), requested },
      expected: { ...rest, ...(granted === undefined ? {} : { granted }) },
    }
  })
}

function askerOf(question: z.output<typeof given>, service: string): Asker {
  const { as = '', labels: said, limit, ip, at, tags } = question
  const [namespace = '', ...user] = as.split('/')
  const rest: Omit<Asker, 'account' | 'holders'> = {
    ...{ service: question.service ?? service, address: ip },
    ...(at === undefined ? {} : { now: at }),
    tags: tags ?? 'any',
  }
  if (as === '') return { ...rest, account: '', holders: [], nobody: said }
  const serviceAccount = parseServiceAccount(as)
  const own = serviceAccount && {
    namespace: serviceAccount.namespace,
    serviceaccount: serviceAccount.name,
  }
  const holder = {
    ...(own ?? (namespace === '' ? {} : { namespace })),
    ...(said === undefined ? {} : { labels: said }),
    ...(limit === undefined ? {} : { actions: limit }),
  }
  return { ...rest, account: user.length === 0 ? namespace : user.join('/'), holders: [holder] }
}
