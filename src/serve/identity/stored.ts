import type { KeyObject } from 'node:crypto'
import { openFileDocument } from '../../adapters/file/document-store.ts'
import { USERS_FILE } from '../../adapters/file/document-text.ts'
import type { Metrics } from '../../adapters/ops/metrics.ts'
import type { Clock } from '../../clock.ts'
import { lostEnd, WHOLE_OF_IT } from '../../config/lost-end.ts'
import type { Identity } from '../../config/identity-schema.ts'
import type { Config } from '../../config/schema.ts'
import { usersOfFile } from '../../config/users-file.ts'
import { usersOf } from '../../config/users-schema.ts'
import { createCredentialIndex, type CredentialIndex } from '../../credentials/credential-index.ts'
import type { CredentialStore } from '../../credentials/credential.ts'
import type { ListedNamespace } from '../../credentials/listed-namespace.ts'
import type { PasswordHasher } from '../../credentials/password.ts'
import { credentialsOfUsers, type Users } from '../../credentials/users.ts'
import type { Log } from '../../log.ts'
import type { Labels } from '../../subject.ts'
import type { ClusterOnce } from '../cluster.ts'
import { openCredentials, type CredentialMetrics, type OpenCredentials } from './credentials.ts'

export interface StoreOptions {
  readonly config: Config
  readonly clock: Clock
  readonly hasher: PasswordHasher
  readonly bindingKey: KeyObject
  readonly log: Log
  readonly metrics: Pick<
    Metrics,
    'usersReloadFailed' | 'observeReload' | 'issuerKeysFailed' | 'lookup'
  > &
    CredentialMetrics
  readonly cluster: ClusterOnce
  /** Those of the Secrets, where another process reads them; without: they are read here. */
  readonly secrets?: (() => OpenCredentials) | undefined
  /** The texts of files that others took who serve as one with this process. */
  readonly taken?: ReadonlyMap<string, string> | undefined
}

/** Passwords in memory, with where they come from. */
export interface OpenStore {
  readonly kind: 'secrets' | 'users'
  readonly store: CredentialStore
  /** Labels of whoever has no credentials. */
  readonly nobody: () => Labels | undefined
  readonly problem: () => string | undefined
  /** All of those of Secrets, for other processes. */
  readonly secrets?: OpenCredentials
  /** The file that it comes from, and its text in force. */
  readonly document?: () => readonly [file: string, text: string]
  /** Reads it again, also what seems to be half of it. */
  readonly request: () => void
  /** The namespaces that have Secrets. */
  readonly listed: () => Iterable<ListedNamespace>
  readonly close: () => void
}

export async function openSecrets(options: StoreOptions): Promise<OpenStore> {
  const store = options.secrets?.() ?? (await openCredentials(options))
  return {
    ...{ kind: 'secrets', store, secrets: store, nobody: () => undefined },
    problem: () => store.problem(),
    request: () => undefined,
    listed: () => store.listed(),
    close() {
      store.close()
    },
  }
}

/** Static users: in the configuration itself, or in a file that is read again when it changes. */
export async function openUsers(
  configured: NonNullable<Identity[number]['users']>,
  { bindingKey, log, metrics, taken }: StoreOptions,
): Promise<OpenStore> {
  const { file, format } = configured
  const load = (users: Users) => ({
    users,
    index: createCredentialIndex(credentialsOfUsers(users, bindingKey)),
  })
  if (file === undefined) {
    const { users, index } = load(usersOf(configured))
    const nothing = () => undefined
    return opened(() => index, {
      ...{ nobody: () => users.nobody, problem: nothing, request: nothing, close: nothing },
    })
  }
  const document = await openFileDocument({
    ...{ file, log, kind: USERS_FILE, parse: (text) => load(usersOfFile(text, file, format)) },
    taken: taken?.get(file),
    count: ({ users }) => ({ users: users.people.length }),
    lost(next, before) {
      const lost = lostEnd(next.text, before.text)
      return lost === undefined ? undefined : `${lost}: ${WHOLE_OF_IT}`
    },
    onFailure: () => {
      metrics.usersReloadFailed()
    },
  })
  metrics.observeReload('users', () => document.problem())
  return opened(() => document.current().index, {
    nobody: () => document.current().users.nobody,
    problem: () => document.problem(),
    document: () => [file, document.whole().text],
    request: () => {
      document.request()
    },
    close: () => {
      document.close()
    },
  })
}

function opened(
  index: () => CredentialIndex,
  rest: Omit<OpenStore, 'kind' | 'store' | 'listed'>,
): OpenStore {
  const store: CredentialStore = {
    ready: () => true,
    byUsername: (username) => index().byUsername(username),
    find: (reference) => index().find(reference),
    bcryptCost: () => index().bcryptCost(),
  }
  return { kind: 'users', store, listed: () => [], ...rest }
}
