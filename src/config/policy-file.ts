import path from 'node:path'
import { z } from 'zod'
import { networkOf } from '../policy/network.ts'
import { compileRule, type MatchSource } from '../policy/compile-rule.ts'
import { captureFlaws } from '../policy/match-flaws.ts'
import { patternFlaw } from '../policy/pattern-flaw.ts'
import { createPolicy, type Policy } from '../policy/policy.ts'
import { parseCidr } from './cidr.ts'
import { readDocument, type Place } from './document.ts'
import { mistakesOf, unknownName } from './mistakes.ts'
import { problemsError, type ConfigProblem } from './problems.ts'
import { keysAt } from './settings.ts'

/** YAML of so many takes a few tenths of a second, in which nobody is served. */
const MAX_RULES = 2_000

/** Mistakes that are told at once. */
const MAX_PROBLEMS = 100

/** Labels that one rule asks for. */
const MAX_LABELS = 16

const ACTIONS = ['pull', 'push', 'delete', '*']
const TYPES = ['repository', 'registry']

const text = (error: string) => z.string({ error: (issue) => written(issue.input, error) })

/** A value that YAML takes for something else than its writer did. */
function written(input: unknown, what: string): string {
  return input === undefined || typeof input === 'object' ? what : `${what}: put it in quotes`
}

/** A text that one of the checks may have something against. */
const checked = (error: string, flawOf: (value: string) => string | undefined) =>
  text(error).superRefine((value, context) => {
    const message = flawOf(value)
    if (message !== undefined) context.addIssue({ code: 'custom', message })
  })

const aPattern = checked('must be a pattern, which is a text', patternFlaw)
const pattern = aPattern.optional()

const type = checked(
  'must be repository or registry, or a pattern of them',
  (value) =>
    patternFlaw(value) ??
    (/[*?/$]/.test(value) || TYPES.includes(value) ? undefined : unknownName('type', value, TYPES)),
).optional()

const action = checked('must be an action', (value) =>
  ACTIONS.includes(value) ? undefined : unknownName('action', value, ACTIONS),
)

const network = text('must be an IP address, or a network such as 10.0.0.0/8').transform(
  (value, context) => {
    const parsed = parseCidr(value)
    if (typeof parsed !== 'string') return networkOf(parsed.address, parsed.prefix)
    context.addIssue({ code: 'custom', message: parsed })
    return z.NEVER
  },
)

const labels = z
  .record(
    z.string().regex(/^[^{}$]{1,128}$/, 'must have names of up to 128 characters without { } $'),
    aPattern,
    'must be a map of labels, each with a pattern of which one of its values must be',
  )
  .refine((map) => Object.keys(map).length <= MAX_LABELS, `must have ${MAX_LABELS} labels at most`)

const matchParts = z.strictObject(
  {
    /** The user name. Of whoever has no credentials it is empty. */
    account: pattern,
    type,
    name: pattern,
    /** The namespace that asks. Whoever has no credentials has none. */
    namespace: pattern,
    service: pattern,
    /** Address of the client: one, or a network. */
    ip: network.optional(),
    /** What an identity source said of who asks: each must have a value that matches. */
    labels: labels.optional(),
  },
  'must be a map of what the rule is about; {} is everything',
)

const match = matchParts.superRefine((parts, context) => {
  for (const { path: at, message } of captureFlaws(matchOf(parts))) {
    context.addIssue({ code: 'custom', path: [...at], message })
  }
})

const rule = z.strictObject(
  {
    /** What is left out is anything; `{}` is everything. */
    match,
    /** What of the request is allowed. Nothing: the rule denies. `*` alone: whatever is asked for. */
    actions: z
      .array(action, 'must be a list such as [pull]; [] denies')
      .refine((list) => list.length < 2 || !list.includes('*'), '* stands alone: it is everything')
      .refine((list) => new Set(list).size === list.length, 'must have each action once'),
    /** For whoever reads the file. */
    comment: text('must be a text').max(1_000, 'must have 1000 characters at most').optional(),
  },
  'must be a rule: a map with match and actions',
)

/** A policy file: every key with its meaning. */
const schema = z.strictObject({
  /** Whether those without credentials are asked about at all; each rule then is for them, too. */
  anonymous: z.boolean('must be true or false').default(false),
  /** In their order; the first that matches decides. What none matches is denied. */
  rules: z
    .array(rule, 'must be a list of rules')
    .max(MAX_RULES, `must have ${MAX_RULES} rules at most`),
})

/**
 * The text of a policy file → the policy; or all problems at once, each with its place and in the order
 * of the text. A rule is known by file and line.
 */
export function parsePolicy(
  source: string,
  fileName: string,
):
  | { readonly policy: Policy; readonly problems?: never }
  | { readonly problems: readonly ConfigProblem[] } {
  const at = ({ line, column }: Place) => `${fileName}:${line}:${column}`
  const read = readDocument(source)
  if (read.problems !== undefined) {
    return bounded(read.problems.map(({ place, message }) => ({ where: at(place), message })))
  }
  const { document } = read
  const parsed = schema.safeParse(document.values, { reportInput: true })
  if (parsed.data === undefined) {
    const found = parsed.error.issues
      .flatMap((issue) => mistakesOf(issue, (place) => keysAt(place, schema)))
      .map(({ path: key, message }) => ({ place: document.locate(key), message }))
      .sort((a, b) => a.place.line - b.place.line || a.place.column - b.place.column)
    return bounded(found.map(({ place, message }) => ({ where: at(place), message })))
  }
  const { anonymous, rules } = parsed.data
  const file = path.basename(fileName)
  const compiled = rules.map((one, index) => {
    const { line } = document.locate(['rules', index])
    const { match: parts, actions } = one
    return compileRule({ id: `${file}:${line}`, match: matchOf(parts), actions, anonymous })
  })
  return { policy: createPolicy(compiled) }
}

/** The policy of a text. Throws a RauthError that lists each mistake with its place. */
export function policyOf(source: string, fileName: string): Policy {
  const parsed = parsePolicy(source, fileName)
  if (parsed.problems !== undefined) throw problemsError(parsed.problems)
  return parsed.policy
}

/** The parts that are there. */
function matchOf({ ip, labels: ofLabels, ...fields }: z.output<typeof matchParts>): MatchSource {
  return {
    ...Object.fromEntries(Object.entries(fields).filter(([, source]) => source !== undefined)),
    ...(ofLabels === undefined ? {} : { labels: ofLabels }),
    ...(ip === undefined ? {} : { network: ip }),
  }
}

function bounded(problems: readonly ConfigProblem[]): {
  readonly problems: readonly ConfigProblem[]
} {
  const more = problems.length - MAX_PROBLEMS
  const last = problems[MAX_PROBLEMS - 1]
  if (more <= 0 || last === undefined) return { problems }
  return {
    problems: [
      ...problems.slice(0, MAX_PROBLEMS),
      { where: last.where, message: `${more} more mistakes follow` },
    ],
  }
}
