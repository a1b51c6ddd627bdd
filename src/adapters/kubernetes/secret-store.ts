import type { Clock } from '../../clock.ts'
import type { Credential, CredentialStore } from '../../credentials/credential.ts'
import type { ListedNamespace } from '../../credentials/listed-namespace.ts'
import type { CredentialReference } from '../../subject.ts'
import type { SecretOptions } from '../../credentials/secret/secret-format.ts'
import type { SecretCounts } from '../../credentials/standing.ts'
import type { Log } from '../../log.ts'
import type { Cluster } from './cluster.ts'
import { secretsNamed } from './follow/collection.ts'
import { createOutage } from './follow/outage.ts'
import { startReflector, type Reflector } from './follow/reflector.ts'
import { TIMINGS, type Timings } from './follow/timings.ts'
import { createSecretCache } from './secret-cache.ts'
import { createSecretNotes } from './secret-notes.ts'

const NO_LONGER_KNOWN =
  'not in force: the API server has not been heard of for longer than credentials.kubernetes.maxStale'

/** Namespaces whose trouble is told at a time. */
const MAX_TOLD = 3

export interface KubernetesSecretStoreOptions extends SecretOptions {
  readonly cluster: Pick<Cluster, 'api' | 'server' | 'from'>
  /** Only these; else all. */
  readonly namespaces: readonly string[]
  readonly labelSelector?: string | undefined
  /** Seconds without knowing whether all is up to date, after which nothing is known; without: any number. */
  readonly maxStale?: number | undefined
  readonly log: Log
  readonly clock: Clock
  /** Milliseconds, going forwards. */
  readonly timer: () => number
  /** 0 to 1. */
  readonly random: () => number
  /** Told why a watch ended. */
  readonly onWatchEnd: (kind: string) => void
  readonly timings?: Timings
}

export interface KubernetesSecretStore extends CredentialStore {
  /** Each credential that is in force, once. */
  all(): Iterable<Credential>
  /** Another value whenever `all` may have others. */
  revision(): unknown
  /** What an operator should know of, while it is so. */
  problem(): string | undefined
  /** Seconds since all was known to be up to date; of several collections, of the worst. */
  readonly age: () => number
  readonly counts: () => SecretCounts
  /** Each namespace that has one, with what it is good for. */
  listed(): Iterable<ListedNamespace>
  /** Stops following; what is known stays. */
  close(): void
}

/**
 * The credentials in the Secrets of a cluster, kept in step with its API server: no lookup waits for that.
 * While it is out of reach the last state is served on, but no longer than `maxStale`. Does not wait for it.
 */
export function createKubernetesSecretStore(
  options: KubernetesSecretStoreOptions,
): KubernetesSecretStore {
  const { cluster, log, clock, timer, maxStale = Infinity, timings = TIMINGS } = options
  const { api, server, from } = cluster
  const cache = createSecretCache({
    ...options,
    onChange: createSecretNotes({ log, clock, timer }),
  })
  const begin = timer()
  let loaded = false

  function follow(namespace: string | undefined): Reflector {
    const where = namespace === undefined ? {} : { namespace }
    const outage = createOutage(log, { server, ...where })
    return startReflector({
      ...{ ...options, api, timings, target: cache.target(namespace) },
      collection: secretsNamed(options.secretName, { ...options, namespace }),
      onTrouble: outage.tell,
      onList: tellLoaded,
    })
  }

  function tellLoaded(): void {
    if (loaded || ![...reflectors.values()].every((one) => one.synced())) return
    loaded = true
    const counts = cache.counts(clock())
    const seconds = Math.round(timer() - begin) / 1000
    log.info({ server, from, ...counts, seconds }, 'credentials loaded')
    if (counts.usable === 0) {
      log.warn(
        { secretName: options.secretName },
        'no credentials in force: every login is refused',
      )
    }
  }

  const scopes = options.namespaces.length === 0 ? [undefined] : [...new Set(options.namespaces)]
  const reflectors = new Map(scopes.map((scope) => [scope, follow(scope)] as const))
  const all = [...reflectors.values()]

  const ageOf = (reflector: Reflector) => (timer() - reflector.inStepAt()) / 1000
  /** The API server was there after a while, and let another one be read. */
  const isServed = (reflector: Reflector) =>
    reflector.synced() && reflector.inStepAt() - begin > timings.grace
  /** One of several namespaces that can't be read must not keep the others waiting for ever. */
  const isPassedOver = (reflector: Reflector) =>
    all.length > 1 &&
    ((reflector.forbidden() && timer() - begin > timings.grace) ||
      (reflector.problem() !== undefined && all.some(isServed)))
  const isStale = (reflector: Reflector) => ageOf(reflector) * 1000 > timings.stale
  const isFresh = (reflector: Reflector | undefined) =>
    reflector !== undefined && ageOf(reflector) <= maxStale
  const isInForce = ({ id }: CredentialReference) =>
    isFresh(reflectors.get(undefined) ?? reflectors.get(id.slice(0, id.indexOf('/'))))

  return {
    ready: () => all.every((one) => one.synced() || isPassedOver(one)) && all.some(isFresh),
    all: () => [...cache.index.all()].filter(isInForce),
    revision: () => [cache.index.revision(), ...all.map(isFresh)].join(),
    byUsername: (username) => cache.index.byUsername(username).filter(isInForce),
    find(reference) {
      const found = cache.index.find(reference)
      return found !== undefined && isInForce(found) ? found : undefined
    },
    bcryptCost: () => cache.index.bcryptCost(),
    unusable: (namespace) => cache.unusable(namespace),
    problem() {
      const tell = ([scope, one]: readonly [string | undefined, Reflector]) =>
        `${scope === undefined ? server : `namespace ${scope}`}: ${one.problem() ?? ''}; ` +
        (one.synced()
          ? `what is known is ${Math.round(ageOf(one))} s old and ${isFresh(one) ? 'stays' : 'no longer'} in force`
          : 'nothing is known yet')
      const late = [...reflectors].filter(
        ([, one]) => one.problem() !== undefined && (!one.synced() || isStale(one)),
      )
      return late.length === 0 ? undefined : late.slice(0, MAX_TOLD).map(tell).join('; ')
    },
    age: () => Math.max(...all.map(ageOf)),
    counts: () => cache.counts(clock()),
    *listed() {
      for (const one of cache.listed()) {
        const { namespace, problem } = one
        const isKnown = isFresh(reflectors.get(undefined) ?? reflectors.get(namespace))
        yield problem !== undefined || isKnown ? one : { ...one, problem: NO_LONGER_KNOWN }
      }
    },
    close() {
      for (const one of all) one.close()
    },
  }
}
