import { createFileSecretStore } from '../../adapters/file/secrets/secret-store.ts'
import type { Metrics } from '../../adapters/ops/metrics.ts'
import type { Config } from '../../config/schema.ts'
import type { Credential, CredentialStore } from '../../credentials/credential.ts'
import type { ListedNamespace } from '../../credentials/listed-namespace.ts'
import type { CredentialOptions } from '../../credentials/secret/secret-credentials.ts'
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

export type CredentialMetrics = Pick<Metrics, 'observeSecrets' | 'watchEnded'>

export interface OpenCredentialsOptions extends CredentialOptions {
  readonly config: Config
  readonly log: Log
  readonly metrics: CredentialMetrics
  readonly cluster: ClusterOnce
}

/** Opens the source that is configured. Throws ERR_CREDENTIALS_UNREADABLE. */
export async function openCredentials(options: OpenCredentialsOptions): Promise<OpenCredentials> {
  const { config, metrics, cluster, ...parts } = options
  const { credentials, secretName } = config
  if (credentials.source === 'directory') {
    return createFileSecretStore({ ...parts, secretName, directory: credentials.directory })
  }
  // Imported when wanted: not everybody has a cluster.
  const { createKubernetesSecretStore } = await import('../../adapters/kubernetes/secret-store.ts')
  const store = createKubernetesSecretStore({
    ...{ ...parts, ...credentials, secretName, cluster: await cluster.open() },
    timer: () => performance.now(),
    random: Math.random,
    onWatchEnd: metrics.watchEnded,
  })
  metrics.observeSecrets({ age: store.age, counts: store.counts })
  return store
}
