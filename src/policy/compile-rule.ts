import { compileCaptures } from './captures.ts'
import { compileHours, type HoursSource } from './hours.ts'
import type { Network } from './network.ts'
import { compilePattern, type Dialect } from './pattern.ts'
import type { Field } from './placeholders.ts'
import type { Rule } from './rule.ts'

/** What a rule is about, in docker_auth's words and `namespace`; what is left out is anything. */
export interface MatchSource extends Readonly<Partial<Record<Field, string>>> {
  /** Patterns by the label of which a value must match. */
  readonly labels?: Readonly<Record<string, string>>
  readonly network?: Network
  readonly hours?: HoursSource
  /** Patterns of tags. */
  readonly tags?: readonly string[]
}

/** A rule as it is written. */
export interface RuleSource extends Pick<
  Rule,
  'id' | 'actions' | 'anonymous' | 'shadow' | 'reason'
> {
  readonly match: MatchSource
  /** Patterns of the tags that are written once only. */
  readonly immutable?: readonly string[]
}

/** Throws for what {@link matchFlaws} has something against. */
export function compileRule(
  { match, immutable, ...rest }: RuleSource,
  dialect: Dialect = 'rauth',
): Rule {
  const { labels = {}, network, hours, tags, ...fields } = match
  const compile = (source: string) => compilePattern(source, dialect)
  const part = (field: Field) => {
    const source = fields[field]
    return source === undefined ? {} : { [field]: compile(source) }
  }
  const labelPatterns = Object.entries(labels).map(([label, source]) => ({
    ...{ label, pattern: compile(source) },
  }))
  const captures = compileCaptures(fields, Object.values(labels), dialect)
  return {
    ...rest,
    ...{ type: ANYTHING, name: ANYTHING },
    ...part('type'),
    ...part('name'),
    ...part('namespace'),
    ...part('serviceaccount'),
    ...part('account'),
    ...part('service'),
    ...(labelPatterns.length === 0 ? {} : { labels: labelPatterns }),
    ...(captures === undefined ? {} : { captures }),
    ...(network === undefined ? {} : { network }),
    ...(hours === undefined ? {} : { hours: compileHours(hours) }),
    ...(tags === undefined ? {} : { tags: tags.map(compile) }),
    ...(immutable === undefined ? {} : { immutable: immutable.map(compile) }),
  }
}

const ANYTHING = compilePattern('**')
