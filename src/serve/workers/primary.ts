import { randomBytes } from 'node:crypto'
import type { Listener } from '../../adapters/listen.ts'
import { listenHttp } from '../../adapters/listen.ts'
import { decisionRoute } from '../../adapters/ops/decision-route.ts'
import { healthRoutes } from '../../adapters/ops/health.ts'
import { createMergedMetrics } from '../../adapters/ops/merged-metrics.ts'
import { createMetrics } from '../../adapters/ops/metrics.ts'
import { metricsRoute } from '../../adapters/ops/metrics-route.ts'
import { createOperationsServer } from '../../adapters/ops/server.ts'
import type { Config } from '../../config/schema.ts'
import { warningsOf } from '../../config/warnings.ts'
import { createPasswordHasher } from '../../credentials/password.ts'
import { createClusterOnce } from '../cluster.ts'
import { onAnswerFailure, onPortError } from '../common.ts'
import { openCredentials, type OpenCredentials } from '../identity/credentials.ts'
import { longestLifeOf, openKeys } from '../keys.ts'
import { openLogs, ownTerminal } from '../logs.ts'
import { LISTENERS, type Role } from '../role.ts'
import { stopSignal } from '../signals.ts'
import { createCrew, type Member } from './crew.ts'
import { createCredentialFeed } from './credential-feed.ts'
import { createCountingTogether } from './failures.ts'
import { healthOfCrew } from './health.ts'

export interface PrimaryOptions {
  readonly role: Role
  readonly workers: number
  /** The text of the configuration, for the workers. */
  readonly text: string
  /** To be told with those of the configuration. */
  readonly warnings: readonly string[]
}

/** How often is looked what became of the credentials, milliseconds: what is revoked must be so within a second. */
const LOOK = 100

/** A worker that hears nothing for long lets nobody in; milliseconds. */
const SIGN_OF_LIFE = 1_000

/**
 * The life of `rauth serve` with several workers. This process serves no client: it follows the Secrets,
 * counts failed logins, answers at the operations port for all, and starts a worker in the place of one that ended.
 */
export async function runPrimary(config: Config, options: PrimaryOptions): Promise<void> {
  const { role, workers, text } = options
  const metrics = createMetrics()
  const {
    log,
    toggleDebug,
    close: closeLog,
  } = await openLogs({
    // Decisions are made by the workers.
    config: { ...config, audit: { ...config.audit, to: 'log', required: false } },
    ...{ terminal: ownTerminal(), onLost: metrics.auditLineLost },
  })
  for (const warning of [...options.warnings, ...warningsOf(config, LISTENERS[role])])
    log.warn({}, warning)
  const timer = () => performance.now()
  const hasherKey = randomBytes(32)
  const cluster = createClusterOnce({ config, log, metrics })
  const credentials = await open()
  const feed = credentials && createCredentialFeed(credentials)
  feed?.next()
  const together = createCountingTogether(timer)
  let stopping = false

  async function open(): Promise<OpenCredentials | undefined> {
    if (config.identity.every(({ secrets }) => secrets === undefined)) return undefined
    const { keys, bindingKey } = await openKeys({
      ...{ config, log, takesBound: false, clock: () => Date.now() / 1000 },
      metrics: { observeKeys: () => undefined, keyReloadFailed: () => undefined },
      longestLife: () => longestLifeOf(config),
    })
    keys.close()
    const hasher = createPasswordHasher(hasherKey)
    return openCredentials({ config, log, metrics, cluster, hasher, bindingKey })
  }

  const crew = createCrew({
    ...{ count: workers, log, timer },
    answersFor: (member) => ({
      join() {
        member().joined = true
        const { number: worker } = member()
        return { worker, workers, config: text, hasherKey, credentials: feed?.whole() }
      },
      take: ({ guessing, source }) => together.of(guessing).take(source),
      async giveBack({ guessing, source }) {
        await together.of(guessing).giveBack(source)
        return undefined
      },
    }),
    onEnd({ id }) {
      merged.retire(id)
    },
  })
  const merged = createMergedMetrics(metrics, () =>
    askAll((one) => one.channel.ask('metrics', undefined)),
  )

  /** What each worker answers, by its process; nothing of one that does not. */
  async function askAll<T>(ask: (member: Member) => Promise<T>): Promise<ReadonlyMap<number, T>> {
    const asked = crew.members().map(async (one) => [one.id, await ask(one)] as const)
    const answers = await Promise.allSettled(asked)
    return new Map(answers.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : [])))
  }

  let toldAt = timer()
  let wasReady: boolean | undefined
  function tellCredentials(): void {
    if (feed === undefined) return
    const changes = feed.next()
    const { ready, changed } = changes
    if (changed.length === 0 && ready === wasReady && timer() - toldAt < SIGN_OF_LIFE) return
    ;[wasReady, toldAt] = [ready, timer()]
    for (const { joined, channel } of crew.members()) {
      if (joined) channel.tell('credentials', changes)
    }
  }

  async function openOperations(): Promise<Listener> {
    const server = createOperationsServer({
      routes: [
        ...healthRoutes(() =>
          healthOfCrew({ credentials, workers, members: crew.members(), running: () => !stopping }),
        ),
        metricsRoute(merged),
        decisionRoute({
          async find(id) {
            const found = await askAll((one) => one.channel.ask('decision', id))
            return [...found.values()].find((one) => one !== undefined)
          },
        }),
      ],
      onFailure: onAnswerFailure({ log }),
    })
    return listenHttp(server, config.listen.operations, onPortError({ log }))
  }

  const told = stopSignal()
  for (const name of ['SIGHUP', 'SIGUSR2'] as const)
    process.on(name, () => {
      crew.signal(name)
    })
  process.on('SIGUSR2', toggleDebug)
  process.on('SIGUSR1', () => undefined)
  const feeding = setInterval(tellCredentials, LOOK)
  let operations: Listener | undefined
  try {
    await crew.start()
    operations = await openOperations()
    const { issuer, service, realm } = config
    const ports = { ...crew.members()[0]?.ports, operations: operations.port }
    log.info({ role, workers, issuer, service, realm, ports }, 'ready')
    const signal = await told
    stopping = true
    log.info({ signal }, 'stopping: requests in flight are finished, no new ones are taken')
    await crew.stop(signal)
  } finally {
    await crew.stop('SIGTERM')
    clearInterval(feeding)
    await operations?.close(0)
    credentials?.close()
    cluster.close()
  }
  log.info({}, 'stopped')
  await closeLog()
}
