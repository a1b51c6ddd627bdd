import { z } from 'zod'
import { askingBounds, duration, file } from './values.ts'

const url = z.string().refine((value) => {
  const found = URL.canParse(value) ? new URL(value) : undefined
  if (found === undefined || !/^ldaps?:$/.test(found.protocol) || found.hostname === '')
    return false
  return (
    found.username + found.password + found.search + found.hash === '' &&
    /^\/?$/.test(found.pathname)
  )
}, 'must be ldaps://HOST or ldaps://HOST:PORT; ldap:// is in the clear')

const name = z.string().min(1, 'must not be empty').max(1024)

/** In brackets, with this placeholder in it. */
const filter = (placeholders: readonly string[]) =>
  name.superRefine((value, context) => {
    const bad = (message: string) => {
      context.addIssue({ code: 'custom', message })
    }
    const named = [...value.matchAll(/\$\{(\w*)\}/g)].map(([, one = '']) => one)
    const list = placeholders.map((one) => `\${${one}}`).join(' or ')
    if (!/^\(.*\)$/.test(value)) bad('must be a filter in brackets, such as (uid=${user})')
    else if (named.length === 0 || named.some((one) => !placeholders.includes(one))) {
      bad(`must have ${list} in it, and no other placeholder`)
    }
  })

/** People of a directory. */
export const ldap = z.strictObject(
  {
    url: url.describe('ldaps://HOST or ldaps://HOST:PORT; ldap:// is in the clear.'),
    authority: file
      .optional()
      .describe('PEM of the CA that it is under, in place of those that Node.js trusts.'),
    bind: z
      .strictObject(
        {
          dn: name.describe('Its name in the directory.'),
          passwordFile: file.describe(
            'Its password. Read for each login; an end of line is not part of it.',
          ),
        },
        'must be a map with dn and passwordFile',
      )
      .optional()
      .describe('Who searches. Not set: nobody, where the directory lets nobody search.'),
    users: z
      .strictObject(
        {
          base: name.describe('Where people are.'),
          filter: filter(['user']).describe('Which of them a user name is.'),
        },
        'must be a map with base and filter',
      )
      .describe('Who logs in.'),
    groups: z
      .strictObject(
        {
          base: name.describe('Where groups are.'),
          filter: filter(['dn', 'user']).describe('Which of them somebody is in.'),
          attribute: name.default('cn').describe('What a group is called.'),
        },
        'must be a map with base and filter',
      )
      .optional()
      .describe('Their names are the label groups. Not set: none.'),
    ...askingBounds(16),
    remember: duration(0, 300)
      .prefault('10s')
      .describe('How long a yes is one without asking again; 0s: never.'),
  },
  'must be a map with url and users',
)
