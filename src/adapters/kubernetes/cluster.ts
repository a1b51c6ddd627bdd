import type { Log } from '../../log.ts'
import { createApi, type Api } from './api.ts'
import { readClusterAccess, type AccessOptions } from './cluster-access.ts'
import { createConnection } from './connection.ts'

export interface ClusterOptions {
  readonly access: AccessOptions
  readonly userAgent: string
  readonly log: Log
  /** Told of each answer of the API server: its status, 0 for none. */
  readonly onAnswer: (status: number) => void
}

/** A cluster, as whoever the configuration says: one for all that is asked of it. */
export interface Cluster {
  readonly api: Api
  /** URL of the API server. */
  readonly server: string
  /** Where it says which cluster that is, for people. */
  readonly from: string
  close(): void
}

/** Throws ERR_CREDENTIALS_UNREADABLE when nothing says which cluster it is; asks nothing yet. */
export function openCluster({ access, log, ...options }: ClusterOptions): Cluster {
  const { server, from, insecure } = readClusterAccess(access)
  if (insecure) log.warn({ server, from }, 'the certificate of the API server is not checked')
  const connection = createConnection((signal) => readClusterAccess({ ...access, signal }).config)
  return {
    ...{ api: createApi({ ...options, connection }), server, from },
    close() {
      connection.close()
    },
  }
}
