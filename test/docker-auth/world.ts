import type { Random } from '../support/random.ts'

/** The one password of everybody, and its bcrypt hash of cost 4. */
export const PASSWORD = 'secret'
export const HASHED = '$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW'

export type Labels = Readonly<Record<string, readonly string[]>>

/** An entry of docker_auth's `acl`. */
export interface Entry {
  readonly match: Readonly<Record<string, string | Readonly<Record<string, string>>>>
  readonly actions: readonly string[]
}

/** A configuration of docker_auth, but for what only a running server has. */
export interface World {
  /** With the password of everybody; `''`: nobody is let in, too. */
  readonly users: Readonly<Record<string, Labels>>
  /** What an ext_auth command knows, with the same password. */
  readonly outside: Readonly<Record<string, Labels>> | undefined
  readonly acl: readonly Entry[] | undefined
  /** Whether an ext_authz command is asked behind it. */
  readonly judged: boolean
  readonly pathPrefix: string
  readonly realIp: { readonly header: string; readonly position: number } | undefined
}

export const ACCOUNTS = [
  ...['ci', 'alice', 'team-a', 'bob', 'ci@test.com', 'bob@corp', 'a.b', 'a*c', '*@test.com'],
  ...['(a|b)', 'été', 'a\\b', 'app'],
]

const LABELS = ['group', 'team', 'org', 'wild', 're', 'with space']
const LABEL_VALUES: Readonly<Record<string, readonly string[]>> = {
  group: ['CICD', 'dev', 'VIP', 'cicd'],
  team: ['team-a', 'team-b', 'library', ''],
  org: ['corp', 'app', 'bob'],
  wild: ['*', 'test/*', '.*', '*/app', '[a-z]*/?pp', 'team-[ab]/*'],
  re: ['/^team-/', '/.+/', 'ci/app', '/(/'],
  'with space': ['x y', 'x'],
}

export const NAMES = [
  ...['library/base', 'team-a/app', 'team-b/app', 'team-a/app/web', 'ci/app', 'bob/app', 'app'],
  ...['bob/corp/app', 'test/full', 'victim/x', 'a.b/x', 'axb/x', 'tools/one', 'x/y/z', 'corp/app'],
]

const TYPES = ['repository', 'repo*', '/^repo/', 'registry', '/regi|repo/', '${type}', '/./']
const SERVICES = ['reg.example', 'Docker registry', '${service}', 'reg.*', '/^Docker/', '/reg/']
const NETWORKS = ['127.0.0.0/8', '127.0.0.2', '10.1.2.3/8', '192.0.2.0/24', '::1', '2001:db8::/32']

const ACCOUNT_PATTERNS = [
  ...['ci', 'alice', '', '*', '?*', '/.+/', '/./', '/^$/', '[a-c]*', 'a\\*c', 'a[*]c', '/^ci/'],
  ...['/^(.+)@(.+)$/', '/^([a-z]+)$/', '/^(.+)@test.com$/', '/(.*)/', '${account}', '[^a]*'],
  ...[
    '${labels:team}',
    '${name}',
    '*@*.com',
    'team-[ab]',
    '/^team-([ab])$/',
    '[a-',
    '${labels:wild}',
  ],
]
const NAME_PATTERNS = [
  ...[
    '*',
    '*/*',
    'library/*',
    '${account}/*',
    '${labels:team}/*',
    '${labels:org}/app',
    'team-?/app',
  ],
  ...[
    'team-[ab]/*',
    'team-[^a]/*',
    '/.+/',
    '/^team-/',
    '/app$/',
    '/^${account}\\//',
    '*/app',
    '**',
  ],
  ...[
    '*/**',
    '**/app',
    'library/**',
    '${labels:wild}',
    '/${labels:re}/',
    '${labels:team}/${labels:org}',
  ],
  ...[
    '/^(team-[ab])\\/(.+)$/',
    '${account:1}/*',
    '/^${account:1}\\/.*/',
    '${account:2}/*',
    'a.b/x',
  ],
  ...['/a.b/', '[a-z]*/?pp', '*a*/*p', 'catalog', '', '/^/', '${labels:missing}/*', '*[^x]*b/*'],
  ...[
    '${account:9}/*',
    '${name:1}',
    '${name}',
    '${labels:re}',
    '{a,b}/*',
    'x/y/*',
    '?*/?*/?*',
    'a\\.b/x',
  ],
]
const LABEL_PATTERNS = [
  ...['CICD', '*', '/.+/', '/^dev$|VIP/', '${account}', 'team-*', '${account:1}', '${name:1}', ''],
  ...['[a-z]*', 'x y', '/(?i)cicd/'],
]

const ACTIONS: readonly (readonly string[])[] = [
  ...[['*'], ['*'], ['pull'], ['pull'], ['pull', 'push'], [], [], ['push'], ['delete', 'pull']],
  ...[
    ['*', 'pull'],
    ['scan', 'pull'],
  ],
]

const some = (random: Random, outOf: number) => random.below(outOf) === 0

export function labelsOf(random: Random): Labels {
  const names = LABELS.filter(() => some(random, 3))
  return Object.fromEntries(
    names.map((name) => {
      const values = LABEL_VALUES[name] ?? []
      return [name, Array.from({ length: random.below(4) }, () => random.pick(values))]
    }),
  )
}

export function entryOf(random: Random): Entry {
  const match: Record<string, string | Record<string, string>> = {}
  if (!some(random, 3)) match['name'] = random.pick(NAME_PATTERNS)
  if (some(random, 2)) match['account'] = random.pick(ACCOUNT_PATTERNS)
  if (some(random, 6)) match['type'] = random.pick(TYPES)
  if (some(random, 8)) match['service'] = random.pick(SERVICES)
  if (some(random, 6)) match['ip'] = random.pick(NETWORKS)
  if (some(random, 4)) match['labels'] = { [random.pick(LABELS)]: random.pick(LABEL_PATTERNS) }
  // One that matches everything would end all that comes behind it.
  if (Object.keys(match).length === 0) match['name'] = random.pick(NAME_PATTERNS)
  return { match, actions: random.pick(ACTIONS) }
}

export function worldOf(random: Random): World {
  const people = ACCOUNTS.filter(() => !some(random, 4))
  const outside = some(random, 2)
  const judged = some(random, 2)
  const known = people.filter((_, index) => !outside || index % 3 !== 0)
  const entries = Array.from({ length: 12 }, () => entryOf(random))
  return {
    users: Object.fromEntries(
      [...known, ...(some(random, 2) ? [''] : [])].map((name) => [name, labelsOf(random)]),
    ),
    outside: outside
      ? Object.fromEntries(
          [...people.filter((name) => !known.includes(name)), ...(some(random, 2) ? [''] : [])].map(
            (name) => [name, labelsOf(random)],
          ),
        )
      : undefined,
    acl: judged && some(random, 3) ? undefined : entries,
    judged,
    pathPrefix: random.pick(['', '', '/docker', '/a/b']),
    realIp: some(random, 2)
      ? {
          header: random.pick(['X-Real-IP', 'X-Forwarded-For']),
          position: random.pick([0, 1, 1, -1, -2]),
        }
      : undefined,
  }
}
