import { stringify } from 'yaml'
import { problemsError, type ConfigProblem } from '../../problems.ts'
import type { DockerAuthDocument } from '../document.ts'
import { nativeValues, unheeded } from '../native.ts'
import type { DockerAuth } from '../schema.ts'
import { migrateEntry, type NativeRule } from './rule.ts'

export interface MigrateOptions {
  /** As it was named. */
  readonly fileName: string
  /** The folder that docker_auth takes relative paths from. */
  readonly folder: string
}

/** What `rauth migrate docker-auth` writes, each the text of a file. */
export interface Migration {
  readonly config: string
  readonly policy: string
  readonly users: string | undefined
  /** In what the migrated configuration is different, in the order of the file. */
  readonly differences: readonly string[]
}

/**
 * A docker_auth configuration in rauth's own form. Throws a RauthError for what rauth's rules can't say:
 * nothing is left out that could have allowed or denied anything.
 */
export function migrate(
  { data, locate }: DockerAuthDocument,
  { fileName, folder }: MigrateOptions,
): Migration {
  const anonymous = Object.hasOwn(data.users ?? {}, '')
  const at = (index: number) => {
    const { line, column } = locate(['acl', index])
    return { line, where: `${fileName}:${line}:${column}` }
  }
  const rules: NativeRule[] = []
  const differences = [...unheeded(data)]
  const problems: ConfigProblem[] = []
  for (const [index, entry] of (data.acl ?? []).entries()) {
    const { line, where } = at(index)
    const { rule, notes, flaws } = migrateEntry(entry, anonymous)
    if (rule !== undefined) rules.push(rule)
    differences.push(...notes.map((note) => `line ${line}: ${note}`))
    problems.push(...flaws.map((flaw) => ({ where, message: `no rule can say this: ${flaw}` })))
  }
  if (problems.length > 0) {
    throw problemsError(problems, [
      'next: write these in another way, or keep the file as it is: policy.format: docker_auth',
    ])
  }
  return {
    config: HEAD + stringify(configOf(data, folder), FORM),
    policy: stringify({ anonymous, rules }, FORM),
    users: data.users === undefined ? undefined : stringify(usersOf(data.users), FORM),
    differences,
  }
}

const FORM = { lineWidth: 0 }

const HEAD = '# What is not here has its default; docs/configuration.md has every key.\n'

/** The same values that docker_auth's file is served with, and files of their own for the rest. */
function configOf(data: DockerAuth, folder: string): Record<string, unknown> {
  const values = nativeValues(data, { file: '', folder })
  const { policy, identity, pathPrefix, ...rest } = values as {
    readonly policy: Readonly<Record<string, unknown>>
    readonly identity: readonly Readonly<Record<string, unknown>>[]
    readonly pathPrefix: string
  }
  return {
    ...rest,
    ...(pathPrefix === '' ? {} : { pathPrefix }),
    identity: identity.map((source) =>
      Object.hasOwn(source, 'users') ? { users: { file: 'users.yaml' } } : source,
    ),
    policy: {
      file: 'policy.yaml',
      ...(policy['command'] === undefined ? {} : { command: policy['command'] }),
    },
  }
}

function usersOf(users: NonNullable<DockerAuth['users']>): Record<string, unknown> {
  const accounts = Object.entries(users).flatMap(([name, { password, labels }]) =>
    password === undefined ? [] : [[name, { password: password.hash.reveal(), ...some(labels) }]],
  )
  const nobody = users['']
  return {
    accounts: Object.fromEntries(accounts) as Record<string, unknown>,
    ...(nobody === undefined ? {} : { anonymous: some(nobody.labels) }),
  }
}

function some(labels: Readonly<Record<string, readonly string[]>>) {
  return Object.keys(labels).length === 0 ? {} : { labels }
}
