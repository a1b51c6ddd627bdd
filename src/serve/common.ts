import { randomBytes, randomUUID } from 'node:crypto'
import { createLiveFeed, type LiveFeed } from '../adapters/live-view/live-feed.ts'
import { createLogRation } from '../adapters/log-ration.ts'
import { createMetrics, type Metrics } from '../adapters/ops/metrics.ts'
import { createRecentDecisions, type RecentDecisions } from '../adapters/ops/recent-decisions.ts'
import type { Clock } from '../clock.ts'
import { hasSamePolicy } from '../config/configured-policy.ts'
import { deciderOf } from '../config/decider.ts'
import type { Config } from '../config/schema.ts'
import type { CredentialLookup } from '../credentials/credential.ts'
import type { Vouchers } from '../credentials/vouchers.ts'
import type { Labels } from '../subject.ts'
import { createClusterOnce, type ClusterOnce } from './cluster.ts'
import { openIdentity, type OpenIdentity } from './identity/identity.ts'
import { createPasswordHasher, type PasswordHasher } from '../credentials/password.ts'
import type { DecideDependencies } from '../decision.ts'
import { messageOf } from '../errors.ts'
import type { Log } from '../log.ts'
import type { Decider } from '../policy/decider.ts'
import type { Policy } from '../policy/policy.ts'
import type { Verifier } from '../token/verifier.ts'
import { longestLifeOf, openKeys, type OpenKeys } from './keys.ts'
import { followLogSignals } from './log-signals.ts'
import { openLogs, ownTerminal, type Logs } from './logs.ts'
import { openPolicy, type OpenPolicy } from './policy.ts'
import type { Shared } from './shared.ts'
import { recordTo } from './sinks.ts'
import { openTracing, type OpenTracing } from './tracing.ts'
import { createTlsOfListeners, type TlsOfListeners } from './tls-of-listeners.ts'
import { verifierOf } from './verifier.ts'

/** What both halves are made of: one credential lookup, one policy, one set of keys. */
export interface Common extends Lasting, Changing {}

/** What stays as long as rauth runs. */
interface Lasting extends DecideDependencies, OpenKeys {
  readonly log: Log
  /** Where that, and the audit, is written. */
  readonly logs: Logs
  readonly metrics: Metrics
  /** Where decisions are told as spans, if they are. */
  readonly tracing: OpenTracing | undefined
  /** The last ones, for whoever asks why. */
  readonly decisions: RecentDecisions
  /** What the live view shows of them; without one: nothing. */
  readonly liveFeed: LiveFeed | undefined
  readonly tls: TlsOfListeners
  readonly store: CredentialLookup
  readonly vouchers: Vouchers
  readonly nobody: () => Labels | undefined
  /** Where these three come from. */
  readonly identity: OpenIdentity
  readonly cluster: ClusterOnce
  readonly hasher: PasswordHasher
  readonly clock: Clock
  /** With other processes that serve as one with this. */
  readonly shared: Shared | undefined
}

/** What follows from the configuration alone: a reload puts another in its place, as a whole. */
interface Changing {
  readonly config: Config
  /** Of the tokens of all services: whoever asks says for which one it is. */
  readonly verifier: Verifier
  readonly policy: () => Policy
  /** Who decides what it leaves open; without: nobody. */
  readonly decider: Decider | undefined
  /** Where that comes from. */
  readonly policySource: OpenPolicy
}

/** Of those that were allowed, and as many of the others: a few MB in all. */
const KEPT_DECISIONS = 1_000

export interface Duties {
  /** Users log in here. */
  readonly takesLogins: boolean
  /** Requests to the registry are checked here. */
  readonly checks: boolean
}

export interface CommonOptions {
  readonly duties: Duties
  /** The configuration that counts by then. */
  readonly now: () => Config
  readonly shared?: Shared
  /** Passwords are compared by hashes under this key; without: under one of its own. */
  readonly hasherKey?: Buffer
}

/** Reads the keys, the credentials and the policy. Throws what keeps rauth from serving. */
export async function createCommon(config: Config, options: CommonOptions): Promise<Common> {
  const lasting = await createLasting(config, options)
  return { ...lasting, ...(await createChanging(config, lasting)) }
}

/** The same with another configuration, of which nothing but what can change at run time is looked at. */
export async function reconfigured(common: Common, config: Config): Promise<Common> {
  return { ...common, ...(await createChanging(config, common, common)) }
}

/** What of the one `before` is made of the same is taken over: no file is read for what did not change. */
async function createChanging(
  config: Config,
  { log, metrics, keys, clock, shared }: Lasting,
  before?: Changing,
): Promise<Changing> {
  const policySource =
    before !== undefined && hasSamePolicy(before.config, config)
      ? before.policySource
      : await openPolicy({ config, log, metrics, taken: shared?.documents, before })
  return {
    ...{ config, policySource, decider: deciderOf(config) },
    policy: () => policySource.current(),
    verifier: verifierOf({ config, keys, clock, metrics }),
  }
}

async function createLasting(
  config: Config,
  { duties: { takesLogins, checks }, now, shared, hasherKey = randomBytes(32) }: CommonOptions,
): Promise<Lasting> {
  const metrics = createMetrics()
  const logs = await openLogs({
    ...{ config, terminal: ownTerminal(), worker: shared?.worker },
    onLost: metrics.auditLineLost,
  })
  const { log } = logs
  const { health: audit } = logs
  if (audit !== undefined) metrics.observeAudit(() => audit.trouble?.() === undefined)
  if (shared === undefined) followLogSignals(logs)
  const decisions = createRecentDecisions(KEPT_DECISIONS, () => Date.now())
  const clock: Clock = () => Date.now() / 1000
  const timer = () => performance.now()
  const { keys, signingKeys, bindingKey } = await openKeys({
    ...{ config, clock, log, metrics },
    takesBound: checks || config.token.refresh.enabled,
    longestLife: () => longestLifeOf(now()),
  })
  const tls = createTlsOfListeners({ config, clock, timer, log, metrics })
  const hasher = createPasswordHasher(hasherKey)
  const cluster = createClusterOnce({ config, log, metrics })
  const identity = await openIdentity(
    {
      ...{ config, hasher, bindingKey, clock, log, metrics, cluster },
      ...{ secrets: shared?.credentials, taken: shared?.documents },
    },
    takesLogins,
  )
  metrics.observeCredentials(() => identity.lookup.ready())
  const liveFeed = config.liveView.enabled ? createLiveFeed(() => Date.now()) : undefined
  const tracing = await openTracing({ config, log, metrics })
  const sinks = [
    ...logs.sinks,
    { name: 'metrics', take: metrics.record },
    { name: 'decisions', take: decisions.record },
    ...(liveFeed === undefined
      ? []
      : [{ name: 'live-view', take: shared?.watched ?? liveFeed.record }]),
    ...(tracing === undefined ? [] : [{ name: 'tracing', take: tracing.record }]),
  ]
  metrics.observeSinks(sinks.map(({ name }) => name))
  return {
    ...{
      log,
      logs,
      metrics,
      keys,
      signingKeys,
      bindingKey,
      tls,
      hasher,
      clock,
      identity,
      cluster,
    },
    ...{ store: identity.lookup, vouchers: identity.vouchers, nobody: identity.nobody },
    timer,
    newId: randomUUID,
    record: recordTo(sinks, onSinkFailure({ log, metrics })),
    ...{ shared, tracing, trace: tracing?.begin },
    ...{ decisions, liveFeed },
  }
}

/** How long the last spans may take to their collector, milliseconds. */
export const LAST_SPANS = 2_000

/** Lets go of all of it, once nothing is decided any more. */
export async function closeCommon(common: Common): Promise<void> {
  const { identity, cluster, keys, policySource, tls, logs } = common
  for (const one of [identity, cluster, keys, policySource, tls]) one.close()
  await logs.close()
}

/** Lines about one sink that fails, in a window of so many milliseconds. */
const SINK_FAILURES = { lines: 1, window: 60_000 }

/** Counts what did not reach a sink, and says so now and then: it may be every decision. */
function onSinkFailure({ log, metrics }: Pick<Common, 'log' | 'metrics'>) {
  const ration = createLogRation({ ...SINK_FAILURES, timer: () => performance.now() })
  return (sink: string, thrown: unknown) => {
    metrics.sinkFailed(sink)
    const said = ration(sink)
    if (said === undefined) return
    log.error(
      { sink, error: messageOf(thrown), ...said },
      'a decision did not reach a part of rauth',
    )
  }
}

/** For whoever answers: logs that an answer could not be given. */
export function onAnswerFailure({ log }: Pick<Common, 'log'>) {
  return (thrown: unknown) => {
    log.error({ error: messageOf(thrown) }, 'an answer could not be given')
  }
}

/** For whoever listens: logs what goes wrong with an open port. */
export function onPortError({ log }: Pick<Common, 'log'>) {
  return (error: Error) => {
    log.error({ error: error.message }, 'a port failed to take a connection')
  }
}
