import { setTimeout as sleep } from 'node:timers/promises'
import { listenHttp, type Listener } from '../adapters/listen.ts'
import type { LiveView } from '../adapters/live-view/live-view.ts'
import { decisionRoute } from '../adapters/ops/decision-route.ts'
import { healthRoutes } from '../adapters/ops/health.ts'
import { metricsRoute } from '../adapters/ops/metrics-route.ts'
import { createOperationsServer } from '../adapters/ops/server.ts'
import type { Config } from '../config/schema.ts'
import { TLS_LISTENERS, type TlsListener } from '../config/tls.ts'
import { warningsOf } from '../config/warnings.ts'
import { createCommon, onAnswerFailure, onPortError } from './common.ts'
import { openDecider, type OpenDecider } from './decider.ts'
import { healthOf } from './health.ts'
import { openLiveView } from './live-view.ts'
import { createLogins, type Logins } from './logins.ts'
import { stopSignal } from './stop-signal.ts'

export type Role = 'all' | 'token' | 'gateway'

/** What clients and Envoy reach of each. */
const LISTENERS: Readonly<Record<Role, readonly TlsListener[]>> = {
  all: TLS_LISTENERS,
  token: ['token'],
  gateway: ['gateway', 'gatewayHttp'],
}

export interface RunOptions {
  readonly role: Role
  /** Port of the token service, over the configured one. */
  readonly port?: number | undefined
  /** To be told with those of the configuration. */
  readonly warnings?: readonly string[]
}

/** How long the last spans may take to their collector, milliseconds. */
const LAST_SPANS = 2_000

/** How long what is left may keep the process after all is closed, milliseconds. */
const LAST_MOMENT = 2_000

/** The whole life of `rauth serve`: opens the ports, waits for a signal, drains, closes. */
export async function run(config: Config, options: RunOptions): Promise<void> {
  try {
    await serve(config, options)
  } finally {
    setTimeout(endByForce, LAST_MOMENT).unref()
  }
}

/** process.exit would wait for the thread of a read that never comes back, for ever. */
function endByForce(): void {
  // Pipes are its own output.
  const held = [...new Set(process.getActiveResourcesInfo())].filter((kind) => kind !== 'PipeWrap')
  const what = held.some((kind) => kind.startsWith('FSReq'))
    ? 'a file system that hangs'
    : 'something'
  process.stderr.write(`rauth: ${what} holds the process (${held.join(', ')}): ended by SIGKILL\n`)
  process.kill(process.pid, 'SIGKILL')
}

async function serve(config: Config, { role, port, warnings = [] }: RunOptions): Promise<void> {
  const takesLogins = role !== 'gateway' || config.gateway.basic
  const common = await createCommon(config, { takesLogins, checks: role !== 'token' })
  const { log, logs, metrics, decisions, keys, signingKeys, tls } = common
  const { store, identity, cluster, policySource, clock, tracing } = common
  for (const warning of [...warnings, ...warningsOf(config, LISTENERS[role])]) {
    log.warn({}, warning)
  }

  // Listened to before anything is open: a signal that comes while it opens is not lost.
  const told = stopSignal()
  const listeners = new Map<string, Listener>()
  let logins: Logins | undefined
  let liveView: LiveView | undefined
  let stopping = false
  const running = () => !stopping

  async function open(): Promise<void> {
    // Imported when wanted: what a role does not run, it does not load.
    if (takesLogins) logins = await createLogins(common)
    let decider: OpenDecider | undefined
    if (role !== 'gateway' && logins !== undefined) {
      decider = await openDecider(common)
      const { openTokenService } = await import('./token-service.ts')
      const options = { decider: decider?.decider, port, running }
      listeners.set('token', await openTokenService(common, logins, options))
    }
    if (role !== 'token') {
      const { openGateway } = await import('./gateway.ts')
      const opened = (name: string, listener: Listener) => listeners.set(name, listener)
      await openGateway(common, logins, running, opened)
    }
    const more = [decider?.health, tracing?.health, ...(logins?.health ?? []), logs.health]
    const health = healthOf({ common, more, listeners, running })
    liveView = await openLiveView(common, role, health)
    const server = createOperationsServer({
      routes: [...healthRoutes(health), metricsRoute(metrics), decisionRoute(decisions)],
      more: (request, response) => liveView?.handle(request, response),
      onFailure: onAnswerFailure(common),
    })
    const address = config.listen.operations
    listeners.set('operations', await listenHttp(server, address, onPortError(common)))
  }

  /** Ends what is open, the operations port last: it tells the cluster what is going on. */
  async function close(): Promise<void> {
    const operations = listeners.get('operations')
    const halves = [...listeners.values()].filter((listener) => listener !== operations)
    await Promise.all(halves.map((listener) => listener.close(config.drainTimeout * 1000)))
    liveView?.close()
    await tracing?.close(LAST_SPANS)
    await operations?.close(0)
    logins?.close()
    identity.close()
    cluster.close()
    keys.close()
    policySource.close()
    tls.close()
    await logs.close()
  }

  try {
    await open()
  } catch (error) {
    await close()
    throw error
  }
  log.info(
    {
      role,
      issuer: config.issuer,
      service: config.service,
      realm: config.realm,
      signingKey: signingKeys?.active(clock()).kid,
      ports: Object.fromEntries([...listeners].map(([name, { port: open }]) => [name, open])),
    },
    store.ready() ? 'ready' : 'listening: ready as soon as the credentials are there',
  )
  const signal = await told
  log.info({ signal }, 'stopping: requests in flight are finished, no new ones are taken')
  stopping = true
  await sleep(config.drainDelay * 1000)
  await close()
  log.info({}, 'stopped')
}
