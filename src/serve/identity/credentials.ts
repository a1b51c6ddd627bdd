import { createFileSecretStore } from '../../adapters/file/secrets/secret-store.ts'
import type { Metrics } from '../../adapters/ops/metrics.ts'
import type { Clock } from '../../clock.ts'
import type { Config } from '../../config/schema.ts'
import type { Credential, CredentialStore } from '../../credentials/credential.ts'
import type { ListedNamespace } from '../../credentials/listed-namespace.ts'
import type { CredentialOptions } from '../../credentials/secret/secret-credentials.ts'
import { countSecrets, nextEnd } from '../../credentials/standing.ts'
import type { Log } from '../../log.ts'
import type { ClusterOnce } from '../cluster.ts'

/** The credentials of namespaces, wherever they come from; kept up to date until it is closed. */
export interface OpenCredentials extends CredentialStore {
  /** Each that is in force, once. The same object stands for the same credential. */
  all(): Iterable<Credential>
  /** Another value whenever `all` may have others. */
  revision(): unknown
  /** What is wrong with where they come from, while it goes on all the same. */
  problem(): string | undefined
  /** Each namespace that has a Secret, with what it is good for. */
  listed(): Iterable<ListedNamespace>
  /** Stops watching; what was loaded stays. */
  close(): void
}

export type CredentialMetrics = Pick<Metrics, 'observeSecrets' | 'observeReload' | 'watchEnded'>

export interface OpenCredentialsOptions extends CredentialOptions {
  readonly config: Config
  readonly clock: Clock
  readonly log: Log
  readonly metrics: CredentialMetrics
  readonly cluster: ClusterOnce
}

/** Opens the source that is configured. Throws ERR_CREDENTIALS_UNREADABLE. */
export async function openCredentials(options: OpenCredentialsOptions): Promise<OpenCredentials> {
  const { config, metrics, cluster, ...parts } = options
  const { credentials, secretName } = config
  const { clock } = parts
  if (credentials.source === 'directory') {
    const { directory } = credentials
    const store = await createFileSecretStore({ ...parts, secretName, directory })
    metrics.observeReload('secrets', () => store.problem())
    metrics.observeSecrets({
      counts: () => countSecrets(store.listed(), clock()),
      nextEnd: () => nextEnd(store.listed(), clock()),
    })
    return store
  }
  // Imported when wanted: not everybody has a cluster.
  const { createKubernetesSecretStore } = await import('../../adapters/kubernetes/secret-store.ts')
  const store = createKubernetesSecretStore({
    ...{ ...parts, ...credentials, secretName, cluster: await cluster.open() },
    timer: () => performance.now(),
    random: Math.random,
    onWatchEnd: metrics.watchEnded,
  })
  const { age, counts } = store
  metrics.observeSecrets({ age, counts, nextEnd: () => nextEnd(store.listed(), clock()) })
  return store
}
