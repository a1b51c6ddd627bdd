import { readSmallFile } from '../../adapters/file/small-file.ts'
import type { Metrics } from '../../adapters/ops/metrics.ts'
import type { Clock } from '../../clock.ts'
import type { Identity } from '../../config/identity-schema.ts'
import { withBriefMemory } from '../../credentials/brief-memory.ts'
import type { PasswordHasher } from '../../credentials/password.ts'
import { Redacted } from '../../redacted.ts'
import type { CredentialReference } from '../../subject.ts'
import { readAuthority } from './authority.ts'
import { noticed } from './noticed.ts'
import type { OpenSource } from './open-source.ts'

export interface LdapOptions {
  readonly hasher: PasswordHasher
  readonly clock: Clock
  readonly metrics: Pick<Metrics, 'lookup'>
}

export async function openLdap(
  ldap: NonNullable<Identity[number]['ldap']>,
  reference: CredentialReference,
  { hasher, clock, metrics }: LdapOptions,
): Promise<OpenSource> {
  const { url, users, bind, groups, concurrency: atOnce } = ldap
  const authority = await readAuthority(ldap.authority, 'identity: ldap.authority')
  // Imported when wanted: most have no directory.
  const { createDirectory } = await import('../../adapters/ldap/directory.ts')
  const directory = createDirectory({
    ...{ url, authority, users, groups, atOnce, reference, timeout: ldap.timeout * 1000 },
    bind: bind && { dn: bind.dn, password: () => readPassword(bind.passwordFile) },
  })
  const { source, problem } = noticed(directory, () => performance.now())
  return {
    source: withBriefMemory(source, {
      ...{ seconds: ldap.remember, hasher, clock, onLookup: metrics.lookup('identity') },
    }),
    ...{ problem, close: () => undefined },
  }
}

/** The text of a file, without the end of line that editors put there. */
async function readPassword(file: string): Promise<Redacted<string>> {
  const text = (await readSmallFile(file)).toString('utf8')
  return new Redacted(text.replace(/\r?\n$/, ''))
}
