import { z } from 'zod'
import { compileRule } from '../policy/compile-rule.ts'
import { captureFlaws } from '../policy/match-flaws.ts'
import type { Rule } from '../policy/rule.ts'
import { unknownName } from './mistakes.ts'
import { aPattern, checked, match, matchOf, pattern, tags, text } from './policy-match.ts'

/** YAML of so many takes a few tenths of a second, in which nobody is served. */
const MAX_RULES = 2_000

/** Namespaces, or patterns of them, in shadow. */
const MAX_SHADOWS = 100

const ACTIONS = ['pull', 'push', 'delete', '*']

/** Those that can change what a tag names. */
const CHANGES = ['push', 'delete', '*']

const action = checked('must be an action', (value) =>
  ACTIONS.includes(value) ? undefined : unknownName('action', value, ACTIONS),
)

const rule = z
  .strictObject(
    {
      match: match.describe('What is left out is anything; `{}` is everything.'),
      actions: z
        .array(action, 'must be a list such as [pull]; [] denies')
        .refine(
          (list) => list.length < 2 || !list.includes('*'),
          '* stands alone: it is everything',
        )
        .refine((list) => new Set(list).size === list.length, 'must have each action once')
        .describe(
          'What of the request is allowed. Nothing: the rule denies. `*` alone: whatever is asked for.',
        ),
      tags: z
        .strictObject(
          {
            immutable: tags.describe(
              'Tags that are written once: neither pushed again nor deleted. At the gateway.',
            ),
          },
          'must be a map such as { immutable: [v*] }',
        )
        .optional()
        .describe('What the rule says of tags.'),
      shadow: z
        .boolean('must be true or false')
        .default(false)
        .describe(
          'The rule does not decide yet: what it would deny is recorded, and the next one decides.',
        ),
      reason: checked('must be a text', (value) =>
        /^[^\p{C}\p{Zl}\p{Zp}]{1,200}$/u.test(value)
          ? undefined
          : 'must be one line of 200 printable characters at most',
      )
        .optional()
        .describe('What the gateway tells whoever this rule denies something.'),
      comment: text('must be a text')
        .max(1_000, 'must have 1000 characters at most')
        .optional()
        .describe('For whoever reads the file.'),
    },
    'must be a rule: a map with match and actions',
  )
  .superRefine(({ actions, tags: of, shadow: isShadow }, context) => {
    if (of === undefined) return
    const bad = (message: string) => {
      context.addIssue({ code: 'custom', path: ['tags'], message })
    }
    if (!actions.some((one) => CHANGES.includes(one))) {
      bad(
        'holds for what this rule allows, which changes no tag: put it where push or delete is allowed',
      )
    }
    if (isShadow) bad('does nothing in a rule in shadow, which allows nothing')
  })

/** Where a namespace may do what it is denied; it is told each time. */
const shadow = z
  .strictObject(
    {
      namespace: aPattern.describe('Who: a namespace, or a pattern of them.'),
      name: pattern
        .default('${namespace}/**')
        .describe('Where; only below the own name unless it is said.'),
    },
    "must be a map such as { namespace: team-a }, which is about team-a's own repositories",
  )
  .superRefine((parts, context) => {
    for (const { path: at, message } of captureFlaws(parts)) {
      context.addIssue({ code: 'custom', path: [...at], message })
    }
  })

/** A policy file: every key with its meaning. */
export const policySchema = z
  .strictObject({
    anonymous: z
      .boolean('must be true or false')
      .default(false)
      .describe(
        'Whether those without credentials are asked about at all; each rule then is for them, too.',
      ),
    gateway: z
      .boolean('must be true or false')
      .default(false)
      .describe(
        'Whether each request to each registry passes the gateway, which alone sees tags. Without, no rule may be about them.',
      ),
    shadow: z
      .array(shadow, 'must be a list such as [{ namespace: team-a }]')
      .max(MAX_SHADOWS, `must have ${MAX_SHADOWS} at most`)
      .default([])
      .describe('What namespaces may try to do before the rules are in force for them.'),
    rules: z
      .array(rule, 'must be a list of rules')
      .max(MAX_RULES, `must have ${MAX_RULES} rules at most`)
      .describe('In their order; the first that matches decides. What none matches is denied.'),
  })
  .superRefine(({ gateway, rules }, context) => {
    if (gateway) return
    const message =
      'needs "gateway: true" above the rules: only the gateway sees tags, so each request must pass it'
    for (const [index, one] of rules.entries()) {
      const bad = (...at: string[]) => {
        context.addIssue({ code: 'custom', path: ['rules', index, ...at], message })
      }
      if (one.match.tags !== undefined) bad('match', 'tags')
      if (one.tags !== undefined) bad('tags')
    }
  })

type RuleOfFile = z.output<typeof rule>

/** The rule of a file, compiled; `id`: what it is known by. */
export function ruleOf(
  { match, tags: of, ...rest }: RuleOfFile,
  id: string,
  anonymous: boolean,
): Rule {
  const { actions, shadow: isShadow, reason } = rest
  return compileRule({
    ...{ id, actions, anonymous, match: matchOf(match) },
    ...(of === undefined ? {} : { immutable: of.immutable }),
    ...(isShadow ? { shadow: true } : {}),
    ...(reason === undefined ? {} : { reason }),
  })
}

/** What a namespace in shadow may do: all that is asked of one repository, by name. */
export function shadowOf({ namespace, name }: z.output<typeof shadow>, id: string): Rule {
  return compileRule({
    ...{ id, match: { type: 'repository', namespace, name } },
    actions: ACTIONS.filter((one) => one !== '*'),
  })
}
