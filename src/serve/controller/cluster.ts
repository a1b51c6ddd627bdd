import os from 'node:os'
import type { Api } from '../../adapters/kubernetes/api.ts'
import type { Config } from '../../config/schema.ts'
import { VERSION } from '../../version.ts'

export interface Cluster {
  readonly api: Api
  /** URL of the API server, and where that and who asks come from. */
  readonly server: string
  readonly from: string
  /** Whether its certificate is taken unseen. */
  readonly insecure: boolean
  close(): void
}

/**
 * The way to the cluster that `credentials.kubernetes` names, or what surrounds rauth. Throws
 * ERR_CREDENTIALS_UNREADABLE when nothing says which it is; does not wait for it.
 */
export async function openCluster(
  { credentials }: Config,
  onAnswer: (status: number) => void,
): Promise<Cluster> {
  // Imported when wanted: most of it is about kubeconfigs.
  const [{ createApi }, { readClusterAccess }, { createConnection }] = await Promise.all([
    import('../../adapters/kubernetes/api.ts'),
    import('../../adapters/kubernetes/cluster-access.ts'),
    import('../../adapters/kubernetes/connection.ts'),
  ])
  const named = credentials.source === 'kubernetes' ? credentials : undefined
  const access = {
    ...{ kubeconfig: named?.kubeconfig, context: named?.context },
    ...{ environment: process.env, home: os.homedir() },
  }
  const { server, from, insecure } = readClusterAccess(access)
  const connection = createConnection(() => readClusterAccess(access).config)
  return {
    ...{ server, from, insecure },
    api: createApi({ connection, userAgent: `rauth/${VERSION}`, onAnswer }),
    close() {
      connection.close()
    },
  }
}
