import os from 'node:os'
import type { Cluster } from '../adapters/kubernetes/cluster.ts'
import type { Metrics } from '../adapters/ops/metrics.ts'
import { clusterOf } from '../config/credentials.ts'
import type { Config } from '../config/schema.ts'
import type { Log } from '../log.ts'
import { VERSION } from '../version.ts'

/** The one cluster of a process, for all that asks it. */
export interface ClusterOnce {
  /** Opens it if it is not yet. Rejects with ERR_CREDENTIALS_UNREADABLE where nothing says which one it is. */
  readonly open: () => Promise<Cluster>
  readonly close: () => void
}

export interface ClusterOnceOptions {
  readonly config: Pick<Config, 'credentials'>
  readonly log: Log
  readonly metrics: Pick<Metrics, 'apiAnswered'>
}

export function createClusterOnce({ config, log, metrics }: ClusterOnceOptions): ClusterOnce {
  const { kubeconfig, context } = clusterOf(config.credentials)
  let opened: Cluster | undefined
  return {
    async open() {
      // Imported when wanted: most of it is about kubeconfigs.
      const { openCluster } = await import('../adapters/kubernetes/cluster.ts')
      opened ??= openCluster({
        access: {
          ...{ kubeconfig, context, environment: process.env, home: os.homedir() },
          clock: () => Date.now() / 1000,
        },
        ...{ userAgent: `rauth/${VERSION}`, log, onAnswer: metrics.apiAnswered },
      })
      return opened
    },
    close: () => opened?.close(),
  }
}
