import { setTimeout as sleep } from 'node:timers/promises'
import type { Listener } from '../adapters/listen.ts'
import type { HealthPart } from '../adapters/ops/health.ts'
import type { Config } from '../config/schema.ts'
import { warningsOf } from '../config/warnings.ts'
import { createCommon, reconfigured } from './common.ts'
import { createConfigReloads, type ConfigReloads, type ConfigSource } from './config-reloads.ts'
import { createHalves, type Halves } from './halves.ts'
import { healthOf } from './health.ts'
import { createLogins, type Logins } from './logins.ts'
import { openOperations } from './operations.ts'
import { openPorts } from './ports.ts'
import { LISTENERS, type Role } from './role.ts'
import { onHangUp, stopSignal } from './signals.ts'

export interface RunOptions {
  readonly role: Role
  /** Port of the token service, over the configured one. */
  readonly port?: number | undefined
  /** To be told with those of the configuration. */
  readonly warnings?: readonly string[]
  /** From where it is read again. */
  readonly source: ConfigSource
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

async function serve(first: Config, options: RunOptions): Promise<void> {
  const { role, port, warnings = [], source } = options
  const hangUps = onHangUp()
  const takesLogins = role !== 'gateway' || first.gateway.basic
  let halves: Halves | undefined
  const config = () => halves?.common.config ?? first
  const common = await createCommon(first, { takesLogins, checks: role !== 'token' }, config)
  const { log, logs, metrics, tracing, keys, signingKeys, tls, store, identity, cluster, clock } =
    common
  const listenersOf = LISTENERS[role]
  for (const warning of [...warnings, ...warningsOf(first, listenersOf)]) log.warn({}, warning)

  // Listened to before anything is open: a signal that comes while it opens is not lost.
  const told = stopSignal()
  const listeners = new Map<string, Listener>()
  let logins: Logins | undefined
  let reloads: ConfigReloads | undefined
  let stopping = false
  const running = () => !stopping
  /** The two halves as they are: there once a port is open. */
  const current = (): Halves => halves ?? { common, health: [] }
  metrics.observePolicy(() => current().common.policySource.figures())

  function health(): readonly HealthPart[] {
    const reload = { name: 'config', trouble: () => reloads?.problem() }
    const more = [
      ...[reload, ...current().health, tracing?.health],
      ...[...(logins?.health ?? []), logs.health],
    ]
    // Who asks has found the operations port open.
    const asked = new Map([...listeners].filter(([name]) => name !== 'operations'))
    return healthOf({ common: current().common, more, listeners: asked, running })
  }

  async function open(): Promise<void> {
    if (takesLogins) logins = await createLogins(common)
    halves = await createHalves(common, { role, logins, running })
    const opened = (name: string, listener: Listener) => listeners.set(name, listener)
    await openPorts({ current, port, running, opened })
    reloads = createConfigReloads({
      ...{ ...source, log, clock, timer: common.timer, running: config, apply },
      onFailure: metrics.configReloadFailed,
    })
    metrics.observeConfig({ at: reloads.takenAt, waiting: () => reloads?.waiting().length ?? 0 })
    hangUps.follow(readAgain)
    opened('operations', await openOperations({ current, health, role }))
  }

  /** What is asked for is taken also where a file seems to be half of what it was. */
  function readAgain(): void {
    reloads?.request()
    current().common.policySource.request()
    identity.request()
  }

  /** The open ports answer by the next configuration from the next request on. */
  async function apply(next: Config): Promise<void> {
    const before = current()
    const known = new Set(warningsOf(before.common.config, listenersOf))
    const changed = await reconfigured(before.common, next)
    const isOther = changed.policySource !== before.common.policySource
    try {
      halves = await createHalves(changed, { role, logins, running })
    } catch (error) {
      if (isOther) changed.policySource.close()
      throw error
    }
    if (isOther) before.common.policySource.close()
    logs.setLevel(next.logLevel)
    for (const warning of warningsOf(next, listenersOf)) {
      if (!known.has(warning)) log.warn({}, warning)
    }
  }

  /** Ends what is open, the operations port last: it tells the cluster what is going on. */
  async function close(): Promise<void> {
    reloads?.close()
    const operations = listeners.get('operations')
    const ports = [...listeners.values()].filter((listener) => listener !== operations)
    const patience = config().drainTimeout * 1000
    await Promise.all(ports.map((listener) => listener.close(patience)))
    await tracing?.close(LAST_SPANS)
    await operations?.close(0)
    logins?.close()
    identity.close()
    cluster.close()
    keys.close()
    current().common.policySource.close()
    tls.close()
    await logs.close()
  }

  try {
    await open()
  } catch (error) {
    await close()
    throw error
  }
  const { issuer, service, realm } = first
  log.info(
    {
      ...{ role, issuer, service, realm },
      signingKey: signingKeys?.active(clock()).kid,
      ports: Object.fromEntries([...listeners].map(([name, { port: open }]) => [name, open])),
    },
    store.ready() ? 'ready' : 'listening: ready as soon as the credentials are there',
  )
  const signal = await told
  log.info({ signal }, 'stopping: requests in flight are finished, no new ones are taken')
  stopping = true
  await sleep(config().drainDelay * 1000)
  await close()
  log.info({}, 'stopped')
}
