import { z } from 'zod'
import { compileRule } from '../../policy/compile-rule.ts'
import { networkOf } from '../../policy/network.ts'
import { patternFlaw } from '../../policy/pattern-flaw.ts'
import type { Rule } from '../../policy/rule.ts'
import { parseLooseCidr } from '../cidr.ts'
import { text, texts } from './scalars.ts'

/** YAML of so many takes a few tenths of a second, in which nobody is served. */
const MAX_ENTRIES = 2_000

const pattern = text.superRefine((value, context) => {
  const message = patternFlaw(value, 'docker_auth')
  if (message !== undefined) context.addIssue({ code: 'custom', message })
})

const ip = text.superRefine((value, context) => {
  const parsed = parseLooseCidr(value)
  if (typeof parsed === 'string') context.addIssue({ code: 'custom', message: parsed })
})

/** An entry of `acl`, as docker_auth has it: what is left out of the match is anything. */
const entry = z.strictObject(
  {
    match: z.strictObject(
      {
        account: pattern.optional(),
        type: pattern.optional(),
        name: pattern.optional(),
        ip: ip.optional(),
        service: pattern.optional(),
        labels: z
          .record(z.string(), pattern, 'must be a map of labels with a pattern each')
          .optional(),
      },
      'must be a map of what the entry is about; {} is everything',
    ),
    actions: texts('actions such as [pull]; [] denies'),
    comment: text.optional(),
  },
  'must be an entry: a map with match and actions',
)

export type Entry = z.output<typeof entry>

/** `acl`. The first entry that matches decides. */
export const entries = z
  .array(entry, 'must be a list of entries')
  .max(MAX_ENTRIES, `must have ${MAX_ENTRIES} entries at most`)

/**
 * An entry as a rule in docker_auth's dialect; `id`: what it is known by. `anonymous`: whether whoever has
 * no credentials is let in at all.
 */
export function ruleOf({ match, actions }: Entry, id: string, anonymous: boolean): Rule {
  const { ip: address, ...patterns } = match
  const network = address === undefined ? undefined : parseLooseCidr(address)
  const present = Object.fromEntries(
    Object.entries(patterns).filter(([, value]) => value !== undefined),
  )
  return compileRule(
    {
      ...{ id, actions, anonymous },
      match: {
        ...present,
        ...(typeof network === 'object'
          ? { network: networkOf(network.address, network.prefix) }
          : {}),
      },
    },
    'docker_auth',
  )
}
