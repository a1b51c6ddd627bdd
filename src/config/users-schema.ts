import { z } from 'zod'
import { readBcryptCost } from '../credentials/bcrypt-hash.ts'
import type { Users } from '../credentials/users.ts'
import { Redacted } from '../redacted.ts'
import { unknownName } from './mistakes.ts'
import { namespace } from './values.ts'

/** YAML of so many takes a few tenths of a second, in which nobody is served. */
const MAX_USERS = 5_000

/** Labels of one user, and values of one label. */
const MAX_LABELS = 64

const ACTIONS = ['pull', 'push', 'delete']

/** What may stand before the colon of Basic credentials (RFC 7617 §2). */
const username = z
  .string()
  .regex(
    /^[^:\p{C}]{1,255}$/u,
    'must be a user name of 1 to 255 printable characters without a colon; whoever has no credentials is "anonymous"',
  )

const label = z.string().regex(/^[^{}$\p{C}]{1,128}$/u, 'must be 1 to 128 characters without { } $')

const labelValue = z
  .string('must be a text: put it in quotes')
  .max(1024, 'must have 1024 characters at most')

/** A label has one value or a list of them. */
export const labels = z
  .record(
    label,
    z
      .union([labelValue, z.array(labelValue).max(MAX_LABELS)], 'must be a text or a list of texts')
      .transform((value) => (typeof value === 'string' ? [value] : value)),
    'must be a map such as { team: [a, b] }',
  )
  .refine((map) => Object.keys(map).length <= MAX_LABELS, `must have ${MAX_LABELS} labels at most`)

/** Nothing of it is ever printed. */
const passwordHash = z
  .string('must be a text: put the hash in quotes')
  .transform((hash, context) => {
    const cost = readBcryptCost(hash)
    if (typeof cost === 'number') return { hash: new Redacted(hash), cost }
    context.addIssue({ code: 'custom', message: cost })
    return z.NEVER
  })

const account = z.strictObject(
  {
    password: passwordHash.describe('A bcrypt hash, as `htpasswd -nB` makes it.'),
    namespace: namespace
      .optional()
      .describe('The namespace that it stands for, like a Secret in there. Not set: none.'),
    labels: labels.optional().describe('What policy rules may ask for.'),
    actions: z
      .array(
        z.string().superRefine((action, context) => {
          if (ACTIONS.includes(action)) return
          const message = unknownName('action', action, ACTIONS)
          context.addIssue({ code: 'custom', message })
        }),
        'must be a list such as [pull]',
      )
      .optional()
      .describe('The most that it may do, whatever the policy says; not set: everything.'),
  },
  'must be a map such as { password: $2y$10$… }',
)

const contents = {
  accounts: z
    .record(username, account, 'must be a map of accounts by their user names')
    .refine((map) => Object.keys(map).length <= MAX_USERS, `must have ${MAX_USERS} users at most`)
    .optional()
    .describe('By user name.'),
  anonymous: z
    .strictObject(
      { labels: labels.optional().describe('What policy rules may ask for.') },
      'must be a map such as { labels: {} }',
    )
    .optional()
    .describe(
      'Whoever has no credentials: only a policy file with `anonymous: true` asks about it.',
    ),
}

/** What a users file holds, and what can stand in the configuration in its place. */
export const usersSchema = z.strictObject(contents)

/** The same beside the name of a file. */
export const usersShape = contents

/** What was written → the users. */
export function usersOf({ accounts = {}, anonymous }: z.output<typeof usersSchema>): Users {
  const people = Object.entries(accounts).map(([username, { password, ...rest }]) => {
    const { namespace, labels, actions } = rest
    return {
      ...{ username, passwordHash: password.hash, cost: password.cost },
      ...(namespace === undefined ? {} : { namespace }),
      ...(labels === undefined ? {} : { labels }),
      ...(actions === undefined ? {} : { actions }),
    }
  })
  const nobody = anonymous?.labels
  return { people, ...(nobody === undefined ? {} : { nobody }) }
}
