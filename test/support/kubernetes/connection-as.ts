import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { stringify } from 'yaml'
import {
  readClusterAccess,
  type AccessOptions,
} from '../../../src/adapters/kubernetes/cluster-access.ts'
import { createConnection, type Connection } from '../../../src/adapters/kubernetes/connection.ts'

export interface ConnectionAsOptions extends Pick<
  AccessOptions,
  'environment' | 'clock' | 'patience'
> {
  /** Where its kubeconfig is written; paths in that are taken from there. */
  readonly home: string
  /** Fields of the user in the kubeconfig. */
  readonly user: object
  /** The same of the cluster, over the server. */
  readonly cluster?: object
}

/** How an API server that nobody asks would be reached, as a user of a kubeconfig. Whoever calls this closes it. */
export async function connectionAs(options: ConnectionAsOptions): Promise<Connection> {
  const { user, cluster, ...access } = options
  const kubeconfig = path.join(access.home, 'kubeconfig')
  const document = {
    'current-context': 'x',
    clusters: [{ name: 'x', cluster: { server: 'https://api.test:6443/k8s/x/', ...cluster } }],
    users: [{ name: 'x', user }],
    contexts: [{ name: 'x', context: { cluster: 'x', user: 'x' } }],
  }
  await writeFile(kubeconfig, stringify(document), { mode: 0o600 })
  return createConnection((signal) => readClusterAccess({ ...access, kubeconfig, signal }).config)
}

/** The header that says who asks. */
export async function authorizationOf(connection: Connection): Promise<string | undefined> {
  const { headers } = (await connection.way()).options
  return headers['Authorization']
}
