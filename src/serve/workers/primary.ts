import { randomBytes } from 'node:crypto'
import type { Listener } from '../../adapters/listen.ts'
import type { HealthPart } from '../../adapters/ops/health.ts'
import type { Config } from '../../config/schema.ts'
import { closeCommon, createCommon, reconfigured, type Common } from '../common.ts'
import type { ConfigReloads, ConfigSource } from '../config-reloads.ts'
import { followConfig, tellOpenSecrets, tellReady, tellStopping, tellWarnings } from '../course.ts'
import { endInTime } from '../end-in-time.ts'
import { openFailures, type Failures } from '../failures.ts'
import { ownHealth } from '../health.ts'
import { openOperations } from '../operations.ts'
import type { Role } from '../role.ts'
import { dutiesOf } from '../serving.ts'
import { onHangUp, stopSignal } from '../signals.ts'
import { feedCredentials } from './credential-feeding.ts'
import { createCrew, type Crew } from './crew.ts'
import { createCrewConfig } from './crew-config.ts'
import { askWorkers } from './crew-word.ts'
import { workerProcesses } from './fork.ts'
import { healthOfCrew } from './health.ts'
import type { StopOrder } from './messages.ts'

export interface PrimaryOptions {
  readonly role: Role
  readonly workers: number
  /** Of this machine, as far as this program may have them. */
  readonly cores: number
  /** The text of the configuration; empty: it is all in the environment. */
  readonly text: string
  /** To be told with those of the configuration. */
  readonly warnings: readonly string[]
  /** From where it is read again. */
  readonly source: ConfigSource
}

/** How long a worker may take to end, past what its requests may take, milliseconds. */
const LAST_MOMENTS = 5_000

/**
 * The life of `rauth serve` with several workers. This process serves no client: it follows the Secrets and the
 * configuration, counts failed logins, answers at the operations port for all, and starts a worker in the place
 * of one that ended.
 */
export function runPrimary(config: Config, options: PrimaryOptions): Promise<void> {
  return endInTime(
    () => lead(config, options),
    () => config,
  )
}

async function lead(first: Config, options: PrimaryOptions): Promise<void> {
  const { role, workers, cores, source } = options
  const hangUps = onHangUp()
  const hasherKey = randomBytes(32)
  const { takesLogins, checks } = dutiesOf(role, first)
  let config = first
  let common = await createCommon(withoutDecisions(first), {
    // What is asked of others than the credentials in memory, the workers ask.
    ...{ duties: { takesLogins: false, checks }, now: () => config, hasherKey },
  })
  const { log, logs, metrics, timer, identity, liveFeed } = common
  for (const warning of options.warnings) log.warn({}, warning)
  tellWarnings(log, role, first)
  metrics.observePolicy(() => common.policySource.figures())
  metrics.observeReload('policy', () => common.policySource.problem())

  // Listened to before anything is open: a signal that comes while it opens is not lost.
  let stopping = false
  const told = stopSignal().then((signal) => {
    stopping = true
    tellStopping(log, signal)
  })
  await tellOpenSecrets(log, first)
  let debug = false
  let started = false
  let operations: Listener | undefined
  let reloads: ConfigReloads | undefined
  const failures: Failures | undefined = takesLogins ? await openFailures(common) : undefined
  const members = () => crew.members()
  const crewConfig = createCrewConfig(options.text, members)
  const crew: Crew = createCrew({
    ...{ count: workers, atOnce: cores, fork: workerProcesses(), log, timer },
    answersFor: ({ number: worker }) => ({
      join: () => ({
        ...{ worker, workers, debug, hasherKey, config: crewConfig.texts() },
        ...{ credentials: feeding?.whole(), documents: documentsOf(common) },
      }),
      take: ({ guessing, source }) => failures?.of(guessing).take(source) ?? 0,
      async giveBack({ guessing, source }) {
        await failures?.of(guessing).giveBack(source)
        return undefined
      },
      decisions(events) {
        for (const event of events) liveFeed?.record(event)
        return undefined
      },
    }),
    onEnd({ id }, how) {
      word.forget(id)
      metrics.workerEnded(how)
    },
  })
  const word = askWorkers(members, metrics)
  const { secrets } = identity
  const feeding = secrets && feedCredentials({ store: secrets, members, timer })
  const serving = () => members().filter(({ ports }) => ports !== undefined)
  metrics.observeWorkers(() => serving().length)

  function health(): readonly HealthPart[] {
    const ofConfig: HealthPart = { name: 'config', trouble: () => reloads?.problem() }
    const own = [ofConfig, ...ownHealth(common), ...(failures?.health ?? [])]
    return healthOfCrew({
      ...{ own, workers, members: members() },
      ...{ started: () => started, running: () => !stopping },
    })
  }

  async function apply(next: Config, text: string): Promise<void> {
    const before = config
    const changed = await reconfigured(common, withoutDecisions(next))
    const isOther = changed.policySource !== common.policySource
    try {
      await crewConfig.apply(text)
    } catch (error) {
      if (isOther) changed.policySource.close()
      throw error
    }
    if (isOther) common.policySource.close()
    common = changed
    config = next
    logs.setLevel(next.logLevel)
    tellWarnings(log, role, next, before)
  }

  /**
   * Opens the operations port first: many workers may take long, and it tells how far they are. Returns how what is
   * open by then is to be stopped one day.
   */
  async function open(): Promise<StopOrder> {
    process.on('SIGUSR2', () => {
      debug = !debug
      for (const { joined, channel } of members())
        if (joined) channel.tell('toggleDebug', undefined)
    })
    operations = await openOperations({ current: () => common, health, role, ...word })
    await Promise.race([crew.start(), told])
    if (stopping) return 'at once'
    started = true
    reloads = followConfig(common, { ...source, program: 'serve', apply, running: () => config })
    hangUps.follow(readAgain)
    const ports = { ...serving()[0]?.ports, operations: operations.port }
    tellReady(common, first, { role, workers, ports })
    return 'after drainDelay'
  }

  function readAgain(): void {
    reloads?.request()
    common.policySource.request()
    identity.request()
    for (const { channel } of members()) channel.tell('hangUp', undefined)
  }

  /** Ends what is open, the operations port last: it tells the cluster what is going on. */
  async function close(how: StopOrder): Promise<void> {
    reloads?.close()
    await crew.stop(how, (config.drainDelay + config.drainTimeout) * 1000 + LAST_MOMENTS)
    feeding?.close()
    failures?.close()
    await operations?.close(0)
    await closeCommon(common)
  }

  let order: StopOrder
  try {
    order = await open()
  } catch (error) {
    await close('at once')
    throw error
  }
  await told
  await close(order)
  log.info({}, 'stopped')
}

function documentsOf({ config, policySource, identity }: Common): ReadonlyMap<string, string> {
  const { file } = config.policy
  const policy = file === undefined ? [] : [[file, policySource.whole().text] as const]
  return new Map([...policy, ...identity.documents()])
}

/** What is made of decisions, the workers make. */
function withoutDecisions(config: Config): Config {
  const { audit, tracing } = config
  return {
    ...config,
    audit: { ...audit, to: 'log', required: false },
    tracing: { ...tracing, endpoint: undefined },
  }
}
