import { readClusterAccess } from '../../../src/adapters/kubernetes/cluster-access.ts'
import { createApi, type Api } from '../../../src/adapters/kubernetes/api.ts'
import { createConnection } from '../../../src/adapters/kubernetes/connection.ts'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import type { ApiServer, Identity } from './api.ts'
import { kubeconfig } from './kubeconfig.ts'

/** rauth's own way to the API server. */
export interface OurApi extends Api {
  /** Answers by status, in their order; 0: none. */
  readonly answers: readonly number[]
  /** The file that it is known by. */
  readonly kubeconfig: string
  /** From the next reading of the kubeconfig on. */
  become(identity: Identity): Promise<void>
  close(): Promise<void>
}

export async function ourApi(server: ApiServer, identity: Identity): Promise<OurApi> {
  const home = await mkdtemp(path.join(os.tmpdir(), 'rauth-api-'))
  const file = path.join(home, 'kubeconfig')
  const become = (as: Identity) => writeFile(file, kubeconfig(server, as), { mode: 0o600 })
  await become(identity)
  const read = (signal: AbortSignal) =>
    readClusterAccess({
      kubeconfig: file,
      environment: {},
      home,
      clock: () => Date.now() / 1000,
      signal,
    }).config
  const connection = createConnection(read)
  const answers: number[] = []
  const api = createApi({
    ...{ connection, userAgent: 'rauth/test' },
    onAnswer: (status) => answers.push(status),
  })
  return {
    ...{ ...api, answers, become, kubeconfig: file },
    async close() {
      connection.close()
      await rm(home, { recursive: true, force: true })
    },
  }
}
