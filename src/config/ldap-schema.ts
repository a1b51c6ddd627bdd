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
    url,
    /** PEM of the CA that it is under, in place of those that Node.js trusts. */
    authority: file.optional(),
    /** Who searches. Not set: nobody, where the directory lets nobody search. */
    bind: z
      .strictObject(
        {
          dn: name,
          /** Read for each login; an end of line is not part of it. */
          passwordFile: file,
        },
        'must be a map with dn and passwordFile',
      )
      .optional(),
    /** Where people are, and which one a user name is. */
    users: z.strictObject(
      { base: name, filter: filter(['user']) },
      'must be a map with base and filter',
    ),
    /** Where groups are, which of them somebody is in, and what they are called. */
    groups: z
      .strictObject(
        { base: name, filter: filter(['dn', 'user']), attribute: name.default('cn') },
        'must be a map with base and filter',
      )
      .optional(),
    ...askingBounds(16),
    /** How long a yes is one without asking again; 0s: never. */
    remember: duration(0, 300).prefault('10s'),
  },
  'must be a map with url and users',
)
