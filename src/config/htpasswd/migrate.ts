import { stringify } from 'yaml'
import { NAMESPACE_NAME } from '../../namespace-name.ts'
import { problemsError } from '../problems.ts'
import type { HtpasswdEntry } from './entries.ts'

/** Texts of the files that take the place of an htpasswd file. */
export interface HtpasswdMigration {
  readonly config: string
  readonly policy: string
  readonly users: string
}

const FORM = { lineWidth: 0 }

const CONFIG = `# Still to be said: realm, where clients reach /token, and service, the host that images name.
# What is not here has its default; docs/configuration.md has every key.
`

const POLICY = `# What a registry with htpasswd does: whoever logs in may do everything. docs/policy.md has how to say less.
`

/** The same users with the same rights in rauth's own form. */
export function migrateHtpasswd(entries: readonly HtpasswdEntry[]): HtpasswdMigration {
  const accounts = entries.map(({ username, hash }) => [username, { password: hash.reveal() }])
  const config = {
    identity: [{ users: { file: 'users.yaml' } }],
    policy: { file: 'policy.yaml' },
  }
  return {
    config: CONFIG + stringify(config, FORM),
    policy: POLICY + stringify({ rules: [{ match: {}, actions: ['*'] }] }, FORM),
    users: stringify({ accounts: Object.fromEntries(accounts) as Record<string, unknown> }, FORM),
  }
}

/**
 * A credential Secret for each user, in the namespace of that name: manifests for kubectl. Throws a RauthError where a
 * user is called what no namespace can be.
 */
export function htpasswdSecrets(
  entries: readonly HtpasswdEntry[],
  { fileName, secretName }: { readonly fileName: string; readonly secretName: string },
): string {
  const problems = entries
    .filter(({ username }) => !NAMESPACE_NAME.test(username))
    .map(({ username, line }) => ({
      where: `${fileName}:${line}`,
      message: `no namespace can be called "${username}"; next: leave it out here, and write it into the Secret of the namespace that it is for, docs/secrets.md`,
    }))
  if (problems.length > 0) throw problemsError(problems)
  return entries
    .map(({ username, hash }) => ({
      ...{ apiVersion: 'v1', kind: 'Secret', type: 'Opaque' },
      metadata: { name: secretName, namespace: username },
      stringData: { username, passwordHash: hash.reveal() },
    }))
    .map((secret) => stringify(secret, FORM))
    .join('---\n')
}
