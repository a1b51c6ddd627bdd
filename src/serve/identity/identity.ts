import type { BcryptChecks } from '../../credentials/bcrypt-checks.ts'
import { joinLookups, type CredentialLookup } from '../../credentials/credential.ts'
import type { IdentitySource } from '../../credentials/source.ts'
import { createStoredPasswords } from '../../credentials/stored-passwords.ts'
import { createVouchers, type Vouchers } from '../../credentials/vouchers.ts'
import type { Clock } from '../../clock.ts'
import type { Labels } from '../../subject.ts'
import { openSecrets, openUsers, type OpenStore, type StoreOptions } from './stored.ts'

export interface IdentityOptions extends StoreOptions {
  readonly clock: Clock
}

/** The configured chain of identity sources, as both halves know it. */
export interface OpenIdentity {
  /** Whom the sources know that keep their credentials in memory. */
  readonly lookup: CredentialLookup
  /** The word of the others. */
  readonly vouchers: Vouchers
  readonly nobody: () => Labels | undefined
  /** In order. Only for whoever takes logins. */
  readonly sources: (bcrypt: BcryptChecks) => readonly IdentitySource[]
  /** What is wrong, by what with; `undefined`: nothing. */
  readonly troubles: Readonly<Record<string, () => string | undefined>>
  readonly close: () => void
}

export async function openIdentity(options: IdentityOptions): Promise<OpenIdentity> {
  const { config, hasher, clock } = options
  const stores: OpenStore[] = []
  try {
    for (const { secrets, users } of config.identity) {
      if (secrets !== undefined) stores.push(await openSecrets(options))
      if (users !== undefined) stores.push(await openUsers(users, options))
    }
  } catch (error) {
    for (const { close } of stores) close()
    throw error
  }
  const name = { secrets: 'credentials', users: 'users' } as const
  return {
    lookup: joinLookups(stores.map(({ store }) => store)),
    vouchers: createVouchers([]),
    nobody: () => stores.map(({ nobody }) => nobody()).find((labels) => labels !== undefined),
    sources: (bcrypt) =>
      stores.map(({ kind, store }) =>
        createStoredPasswords(
          { store, hasher, bcrypt, clock },
          { name: kind, owns: kind === 'users' },
        ),
      ),
    troubles: Object.fromEntries(stores.map(({ kind, problem }) => [name[kind], problem])),
    close() {
      for (const { close } of stores) close()
    },
  }
}
