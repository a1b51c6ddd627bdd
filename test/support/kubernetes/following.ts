import { createSecretKey } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import {
  createKubernetesSecretStore,
  type KubernetesSecretStore,
  type KubernetesSecretStoreOptions,
} from '../../../src/adapters/kubernetes/secret-store.ts'
import type { Timings } from '../../../src/adapters/kubernetes/follow/timings.ts'
import { createPasswordHasher } from '../../../src/credentials/password.ts'
import type { Log } from '../../../src/log.ts'
import { until } from '../until.ts'
import type { ApiServer, Identity } from './api.ts'
import { kubeconfig } from './kubeconfig.ts'

/** As long as a test can wait, milliseconds. */
export const SHORT: Timings = {
  ...{ patience: 2_000, silence: 3_000, watch: [60_000, 60_000], recheck: 3_600_000 },
  ...{ poll: 5_000, backoff: [20, 400], stale: 500, grace: 500 },
}

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
  readonly untilReady: (limit?: number) => Promise<number>
  close(): Promise<void>
}

export type FollowOptions = Partial<
  Omit<KubernetesSecretStoreOptions, 'timings' | 'log' | 'onWatchEnd' | 'onAnswer'>
> & { readonly timings?: Partial<Timings> }

export async function follow(
  server: ApiServer,
  identity: Identity,
  { timings, ...options }: FollowOptions = {},
): Promise<Following> {
  const home = await mkdtemp(path.join(os.tmpdir(), 'rauth-following-'))
  const file = path.join(home, 'kubeconfig')
  await writeFile(file, kubeconfig(server, identity), { mode: 0o600 })
  const lines: string[] = []
  const write = (level: string) => (fields: object, message: string) =>
    void lines.push(`${level} ${message} ${JSON.stringify(fields)}`)
  const log: Log = { info: write('info'), warn: write('warn'), error: write('error') }
  const hasher = createPasswordHasher(Buffer.alloc(32, 1))
  const ends: Record<string, number> = {}
  const answers: Record<string, number> = {}
  const count = (of: Record<string, number>) => (what: string | number) =>
    void (of[what] = (of[what] ?? 0) + 1)
  const store = createKubernetesSecretStore({
    access: { kubeconfig: file, environment: {}, home },
    ...{ secretName: 'registry-credentials', namespaces: [] },
    ...{ hasher, bindingKey: createSecretKey(Buffer.alloc(32, 2)), log },
    ...{ timer: () => performance.now(), random: Math.random, userAgent: 'rauth/test' },
    ...{ onWatchEnd: count(ends), onAnswer: count(answers) },
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
    untilAccepts: (username, password, wanted = true, limit = 10_000) =>
      until(`${username} ${wanted ? 'let in' : 'turned away'}`, limit, () => {
        return accepts(username, password) === wanted
      }),
    untilReady: (limit = 10_000) => until('all Secrets', limit, () => store.ready()),
    async close() {
      store.close()
      await rm(home, { recursive: true, force: true })
    },
  }
}
