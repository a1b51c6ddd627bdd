import type { HealthPart } from '../../adapters/ops/health.ts'
import type { BcryptChecks } from '../../credentials/bcrypt-checks.ts'
import { joinLookups, type CredentialLookup } from '../../credentials/credential.ts'
import type { ListedNamespace } from '../../credentials/listed-namespace.ts'
import type { IdentitySource } from '../../credentials/source.ts'
import { createStoredPasswords } from '../../credentials/stored-passwords.ts'
import { createVouchers, type Vouchers } from '../../credentials/vouchers.ts'
import type { Clock } from '../../clock.ts'
import type { Config } from '../../config/schema.ts'
import type { ServiceAccount } from '../../service-account.ts'
import type { CredentialReference, Labels } from '../../subject.ts'
import { openAsked } from './asked.ts'
import type { OpenCredentials } from './credentials.ts'
import { mayVouch } from './may-vouch.ts'
import type { OpenSource } from './open-source.ts'
import { referenceOf } from './reference.ts'
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
  /** Whether one of the others may know a user, or that ServiceAccount: nobody can tell without asking. */
  readonly mayVouchFor: (serviceAccount: ServiceAccount | undefined) => boolean
  readonly nobody: () => Labels | undefined
  /** In order. Only for whoever takes logins. */
  readonly sources: (bcrypt: BcryptChecks) => readonly IdentitySource[]
  /** The credentials of the Secrets, where these are a source. */
  readonly secrets: OpenCredentials | undefined
  /** The namespaces that have Secrets, with what these are good for. */
  readonly listed: () => Iterable<ListedNamespace>
  /** Each source that knows how it is. */
  readonly health: readonly HealthPart[]
  /** The text in force of each file of users. */
  readonly documents: () => readonly (readonly [file: string, text: string])[]
  /** Reads the files of users again, also one that seems to be half of what it should be. */
  readonly request: () => void
  readonly close: () => void
}

/** `takesLogins`: whether the sources will be asked. Else only their names are known. */
export async function openIdentity(
  options: IdentityOptions,
  takesLogins: boolean,
): Promise<OpenIdentity> {
  const { config, hasher, bindingKey, clock } = options
  const stores: OpenStore[] = []
  const opened: OpenSource[] = []
  const references: CredentialReference[] = []
  /** In the order of the configuration. */
  const makers: ((bcrypt: BcryptChecks) => IdentitySource)[] = []

  function add(store: OpenStore): void {
    stores.push(store)
    const { kind: name, store: own } = store
    makers.push((bcrypt) =>
      createStoredPasswords(
        { store: own, hasher, bcrypt, clock },
        { name, owns: name === 'users' },
      ),
    )
  }
  async function open(source: Config['identity'][number]): Promise<void> {
    if (source.secrets !== undefined) add(await openSecrets(options))
    if (source.users !== undefined) add(await openUsers(source.users, options))
    const reference = referenceOf(bindingKey, source)
    if (reference === undefined) return
    references.push(reference)
    if (!takesLogins) return
    const asked = await openAsked(source, reference, options)
    opened.push(asked)
    makers.push(() => asked.source)
  }
  function close(): void {
    for (const one of [...stores, ...opened]) one.close()
  }
  try {
    for (const source of config.identity) await open(source)
  } catch (error) {
    close()
    throw error
  }
  return {
    lookup: joinLookups(stores.map(({ store }) => store)),
    vouchers: createVouchers(references),
    mayVouchFor: (serviceAccount) =>
      config.identity.some((source) => mayVouch(source, serviceAccount)),
    nobody: () => stores.map(({ nobody }) => nobody()).find((labels) => labels !== undefined),
    secrets: stores.find(({ secrets }) => secrets !== undefined)?.secrets,
    *listed() {
      for (const store of stores) yield* store.listed()
    },
    sources: (bcrypt) => makers.map((make) => make(bcrypt)),
    health: [
      ...stores.map(({ kind: name, store, problem: trouble }) => ({
        ...{ name, trouble, ready: () => store.ready() },
      })),
      ...opened.flatMap(({ source: { name }, problem: trouble }) =>
        trouble === undefined ? [] : [{ name, trouble }],
      ),
    ],
    documents: () => stores.flatMap(({ document }) => (document === undefined ? [] : [document()])),
    request() {
      for (const one of stores) one.request()
    },
    close,
  }
}
