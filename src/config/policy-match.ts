import { z } from 'zod'
import { parseInstant } from '../instant.ts'
import type { MatchSource } from '../policy/compile-rule.ts'
import { DAYS, isDay, isZone, type Day } from '../policy/hours.ts'
import { captureFlaws } from '../policy/match-flaws.ts'
import { networkOf } from '../policy/network.ts'
import { patternFlaw } from '../policy/pattern-flaw.ts'
import { isRegex } from '../policy/regex.ts'
import { parseCidr } from './cidr.ts'
import { unknownName } from './mistakes.ts'

/** Labels that one rule asks for. */
const MAX_LABELS = 16

/** Patterns of tags in one list. */
const MAX_TAGS = 32

const TYPES = ['repository', 'registry']

export const text = (error: string) => z.string({ error: (issue) => written(issue.input, error) })

/** A value that YAML takes for something else than its writer did. */
function written(input: unknown, what: string): string {
  return input === undefined || typeof input === 'object' ? what : `${what}: put it in quotes`
}

/** A text that one of the checks may have something against. */
export const checked = (error: string, flawOf: (value: string) => string | undefined) =>
  text(error).superRefine((value, context) => {
    const message = flawOf(value)
    if (message !== undefined) context.addIssue({ code: 'custom', message })
  })

export const aPattern = checked('must be a pattern, which is a text', patternFlaw)
export const pattern = aPattern.optional()

const type = checked(
  'must be repository or registry, or a pattern of them',
  (value) =>
    patternFlaw(value) ??
    (/[*?/$]/.test(value) || TYPES.includes(value) ? undefined : unknownName('type', value, TYPES)),
).optional()

const network = text('must be an IP address, or a network such as 10.0.0.0/8').transform(
  (value, context) => {
    const parsed = parseCidr(value)
    if (typeof parsed !== 'string') return networkOf(parsed.address, parsed.prefix)
    context.addIssue({ code: 'custom', message: parsed })
    return z.NEVER
  },
)

/** A value that one check tells to be what it must be. */
const fitting = (error: string, fits: (value: string) => boolean) =>
  checked(error, (value) => (fits(value) ? undefined : error))

const minutes = (what: string, form: RegExp) =>
  fitting(`must be a time such as '08:00', ${what}`, (value) => form.test(value)).transform(
    (value) => Number(value.slice(0, 2)) * 60 + Number(value.slice(3)),
  )

const instant = text('must be a date and time such as 2026-12-24T12:00:00Z').transform(
  (value, context) => {
    const parsed = parseInstant(value)
    if (parsed !== undefined) return parsed
    context.addIssue({ code: 'custom', message: 'must be an RFC 3339 time, 2026-12-24T12:00:00Z' })
    return z.NEVER
  },
)

const day = checked('must be a day such as mon', (value) =>
  isDay(value) ? undefined : unknownName('day', value, DAYS),
).pipe(z.custom<Day>())

/** At which hours of which days, told by the clocks of a zone, or in which span of time. */
const hours = z
  .strictObject(
    {
      days: z
        .array(day, 'must be a list such as [mon, tue]')
        .min(1, 'must have a day')
        .optional()
        .describe('Those that the hours begin on; without: every day.'),
      from: minutes('00:00 to 23:59', /^([01]\d|2[0-3]):[0-5]\d$/)
        .optional()
        .describe('From the first minute of this; without: from midnight.'),
      to: minutes('00:01 to 24:00', /^(?!00:00)(([01]\d|2[0-3]):[0-5]\d|24:00)$/)
        .optional()
        .describe('Until before this, and into the next day if it is earlier than `from`.'),
      zone: fitting('must be a time zone such as Europe/Berlin', isZone)
        .optional()
        .describe('Whose clocks tell the days and hours; UTC if not set.'),
      notBefore: instant.optional().describe('From when on, RFC 3339.'),
      notAfter: instant.optional().describe('Until when, RFC 3339.'),
    },
    'must be a map such as { days: [mon], from: "08:00", to: "18:00" }',
  )
  .superRefine(({ zone: _, ...parts }, context) => {
    const bad = (message: string) => {
      context.addIssue({ code: 'custom', message })
    }
    const { days, from = 0, to = 24 * 60, notBefore = -Infinity, notAfter = Infinity } = parts
    if (Object.values(parts).every((part) => part === undefined)) bad('must say when')
    if (from === to) bad('has from and to alike: leave out both for the whole day')
    if (notBefore >= notAfter) bad('is over before it begins: notAfter must be later')
    if (days !== undefined && new Set(days).size < days.length) bad('must have each day once')
  })

const tag = checked('must be a pattern of tags, which is a text', (value) => {
  const flaw = patternFlaw(value)
  if (flaw !== undefined) return flaw
  if (value.includes('${')) return 'has a placeholder: a pattern of tags has none'
  return !isRegex(value) && value.includes('/') ? 'has a slash: no tag has one' : undefined
})

export const tags = z
  .array(tag, 'must be a list of patterns such as [v*]')
  .min(1, 'must have a pattern: leave it out for all tags')
  .max(MAX_TAGS, `must have ${MAX_TAGS} patterns at most`)

const labels = z
  .record(
    z.string().regex(/^[^{}$]{1,128}$/, 'must have names of up to 128 characters without { } $'),
    aPattern,
    'must be a map of labels, each with a pattern of which one of its values must be',
  )
  .refine((map) => Object.keys(map).length <= MAX_LABELS, `must have ${MAX_LABELS} labels at most`)

const matchParts = z.strictObject(
  {
    account: pattern.describe('The user name. Of whoever has no credentials it is empty.'),
    type: type.describe('`repository` or `registry`, or a pattern of them.'),
    name: pattern.describe('The repository, or `catalog`.'),
    namespace: pattern.describe('The namespace that asks. Whoever has no credentials has none.'),
    serviceaccount: pattern.describe(
      'The ServiceAccount of its namespace that asks. A rule without it gives ServiceAccounts no more than pulls.',
    ),
    service: pattern.describe('What the token is for.'),
    ip: network.optional().describe('Address of the client: one, or a network.'),
    labels: labels
      .optional()
      .describe('What an identity source said of who asks: each must have a value that matches.'),
    when: hours.optional().describe('At which hours of which days, or in which span of time.'),
    tags: tags
      .optional()
      .describe('Only requests that name a tag, and one of these. The gateway alone sees tags.'),
  },
  'must be a map of what the rule is about; {} is everything',
)

export const match = matchParts.superRefine((parts, context) => {
  if (parts.tags !== undefined && parts.type === 'registry') {
    const message = 'cannot stand beside "type: registry": only repositories have tags'
    context.addIssue({ code: 'custom', path: ['tags'], message })
  }
  for (const { path: at, message } of captureFlaws(matchOf(parts))) {
    context.addIssue({ code: 'custom', path: [...at], message })
  }
})

/** The parts that are there. */
export function matchOf({ ip, when, ...match }: z.output<typeof matchParts>): MatchSource {
  const parts = { ...match, network: ip, hours: when && present(when) }
  return present(parts)
}

type Present<T> = { [K in keyof T]: Exclude<T[K], undefined> }

function present<T extends object>(parts: T): Partial<Present<T>> {
  return Object.fromEntries(
    Object.entries(parts).filter(([, value]) => value !== undefined),
  ) as Partial<Present<T>>
}
