import { deadName, widened } from './name-flaws.ts'
import { isOpenRule } from './open-rules.ts'
import type { Dialect } from './pattern.ts'
import type { Policy } from './policy.ts'
import type { Rule } from './rule.ts'

/** What a rule gives, or does not, although it seems to say something else. */
export interface RuleFlaw {
  readonly rule: string
  readonly kind: 'open' | 'never-matches' | 'others-too'
  /** What it is, and what to do; read behind the name of the rule. */
  readonly message: string
}

/** Rule by rule, in their order: quick enough for each reload. */
export function ruleFlaws(
  { rules, shadows }: Policy,
  dialect: Dialect = 'rauth',
): readonly RuleFlaw[] {
  return [...rules, ...shadows].flatMap((rule) => flawsOfRule(rule, dialect))
}

/** What is against a rule whatever others there are. */
export function flawsOfRule(rule: Rule, dialect: Dialect): readonly RuleFlaw[] {
  return [
    ...(isOpenRule(rule) ? [openFlaw(rule)] : []),
    // In the other dialect there are classes and escapes, and others of the placeholders.
    ...(dialect === 'rauth' ? nameFlaws(rule) : []),
  ]
}

function openFlaw({ id, actions, anonymous, namespace }: Rule): RuleFlaw {
  const what = actions.includes('*') ? 'everything' : actions.join(', ')
  const isForNobody = anonymous === true && namespace === undefined
  const message =
    `gives ${what} in every repository to ` +
    `${isForNobody ? 'everyone, also without credentials' : 'every login'}; ` +
    "next: give its match a name, such as '${namespace}/**'"
  return { rule: id, kind: 'open', message }
}

function nameFlaws({ id, name: { source }, actions }: Rule): readonly RuleFlaw[] {
  const dead = deadName(source)
  if (dead !== undefined) {
    const message = `has the name "${source}", and ${dead}: it never matches`
    return [{ rule: id, kind: 'never-matches', message }]
  }
  const wide = actions.length > 0 ? widened(source) : undefined
  if (wide === undefined) return []
  const { placeholder, end } = wide
  const [other, between] =
    end === 'begin' ? ['team-a-prod', `${placeholder}/**`] : ['prod-team-a', `**/${placeholder}`]
  const message =
    `has the name "${source}", which also matches what belongs to others whose names ${end} so: for ` +
    `team-a what is of ${other}, too; next: put a / between, such as '${between}'`
  return [{ rule: id, kind: 'others-too', message }]
}
