import { createSecretKey } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import type { AccessOptions } from '../../../src/adapters/kubernetes/cluster-access.ts'
import { openCluster } from '../../../src/adapters/kubernetes/cluster.ts'
import {
  createKubernetesSecretStore,
  type KubernetesSecretStore,
  type KubernetesSecretStoreOptions,
} from '../../../src/adapters/kubernetes/secret-store.ts'
import type { Timings } from '../../../src/adapters/kubernetes/follow/timings.ts'
import type { Log } from '../../../src/log.ts'
import { hasher } from '../flows.ts'
import { promised } from '../promised.ts'
import { until } from '../until.ts'
import type { ApiServer, Identity } from './api.ts'
import { kubeconfig } from './kubeconfig.ts'

/** As long as a test can wait, milliseconds. */
export const SHORT: Timings = {
  ...{ patience: 2_000, silence: 3_000, watch: [60_000, 60_000], recheck: 3_600_000 },
  ...{ poll: 5_000, backoff: [20, 400], stale: 500, grace: 500 },
}

/** Longest from a change to its effect, milliseconds: what rauth promises. */
export const PROMISED = 1_000

/** Milliseconds that anything is waited for. */
const LIMIT = 30_000

/** A store in this process that follows an API server. */
export interface Following {
  readonly store: KubernetesSecretStore
  /** Lines of its log. */
  readonly lines: readonly string[]
  /** Ends of watches by kind, and answers by status. */
  readonly ends: Readonly<Record<string, number>>
  readonly answers: Readonly<Record<string, number>>
  /** Whether this is the password of the only credential with that user name. */
  readonly accepts: (username: string, password: string) => boolean
  /** Waits for that, or for the opposite; milliseconds that it took. */
  readonly untilAccepts: (
    username: string,
    password: string,
    wanted?: boolean,
    limit?: number,
  ) => Promise<number>
  /** That, or the opposite, as soon after a change as rauth promises. */
  readonly soon: (username: string, password: string, wanted?: boolean) => Promise<number>
  readonly untilReady: (limit?: number) => Promise<number>
  /** Its token is another one from now on; an empty one is what a look finds while it is being written. */
  readonly rotate: (token: string) => Promise<void>
  close(): Promise<void>
}

export type FollowOptions = Partial<
  Omit<KubernetesSecretStoreOptions, 'timings' | 'log' | 'onWatchEnd' | 'cluster'>
> & { readonly timings?: Partial<Timings>; readonly access?: AccessOptions }

export async function follow(
  server: ApiServer,
  identity: Identity,
  { timings, access, ...options }: FollowOptions = {},
): Promise<Following> {
  const home = await mkdtemp(path.join(os.tmpdir(), 'rauth-following-'))
  const put = async (name: string, text: string) => {
    const file = path.join(home, name)
    await writeFile(file, text, { mode: 0o600 })
    return file
  }
  // As in a pod: the token in a file of its own, which the kubelet writes anew.
  const user = 'token' in identity ? { tokenFile: await put('token', identity.token) } : identity
  const file = await put('kubeconfig', kubeconfig(server, user))
  const lines: string[] = []
  const write = (level: string) => (fields: object, message: string) =>
    void lines.push(`${level} ${message} ${JSON.stringify(fields)}`)
  const log: Log = { info: write('info'), warn: write('warn'), error: write('error') }
  const ends: Record<string, number> = {}
  const answers: Record<string, number> = {}
  const count = (of: Record<string, number>) => (what: string | number) =>
    void (of[what] = (of[what] ?? 0) + 1)
  const cluster = openCluster({
    access: access ?? { kubeconfig: file, environment: {}, home, clock: () => Date.now() / 1000 },
    ...{ userAgent: 'rauth/test', log, onAnswer: count(answers) },
  })
  const store = createKubernetesSecretStore({
    cluster,
    ...{ secretName: 'registry-credentials', namespaces: [] },
    ...{ hasher, bindingKey: createSecretKey(Buffer.alloc(32, 2)), log },
    ...{ timer: () => performance.now(), random: Math.random, clock: () => Date.now() / 1000 },
    onWatchEnd: count(ends),
    ...options,
    timings: { ...SHORT, ...timings },
  })
  const accepts = (username: string, password: string) => {
    const [found, ...others] = store.byUsername(username)
    return (
      found?.secret.kind === 'keyed' &&
      others.length === 0 &&
      found.secret.hash.equals(hasher.hash(password))
    )
  }
  return {
    ...{ store, lines, ends, answers, accepts },
    untilAccepts: (username, password, wanted = true, limit = LIMIT) =>
      until(`${username} ${wanted ? 'let in' : 'turned away'}`, limit, () => {
        return accepts(username, password) === wanted
      }),
    soon: (username, password, wanted = true) =>
      promised(`${username} ${wanted ? 'let in' : 'turned away'}`, PROMISED, () => {
        return accepts(username, password) === wanted
      }),
    async rotate(token) {
      await put('token', token)
    },
    untilReady: (limit = LIMIT) => until('all Secrets', limit, () => store.ready()),
    async close() {
      store.close()
      cluster.close()
      await rm(home, { recursive: true, force: true })
    },
  }
}
