import type { Listener } from '../adapters/listen.ts'
import type { HealthPart } from '../adapters/ops/health.ts'
import type { Config } from '../config/schema.ts'
import { reconfigured, type Common, type Duties } from './common.ts'
import { createHalves, type Halves } from './halves.ts'
import { healthOf } from './health.ts'
import { createLogins, type Logins } from './logins.ts'
import { openPorts } from './ports.ts'
import type { Role } from './role.ts'

/** What answers clients: the halves of one configuration, and the ports over which they are asked. */
export interface Serving {
  readonly current: () => Halves
  /** Each part of it. */
  readonly health: () => readonly HealthPart[]
  /** Those that are open, by the names that they have under `listen`. */
  readonly ports: () => Readonly<Record<string, number>>
  /** Makes all of another configuration, while that of before answers. Rejects where it can't be had. */
  prepare(next: Config): Promise<Prepared>
  /** Reads the policy and the users again, also where a file seems to be half of what it was. */
  readonly readAgain: () => void
  /** From now on it says that it is to stop, while its ports are still open. */
  stop(): void
  /** Closes the ports once what is under way is answered, and then what answered. */
  close(): Promise<void>
}

/** Of two configurations one is let go. */
export interface Prepared {
  /** The open ports answer by it from the next request on. */
  take(): void
  drop(): void
}

export interface ServingOptions {
  readonly role: Role
  /** Port of the token service, over the configured one. */
  readonly port: number | undefined
  /** How the configuration is, where this process reads it again. */
  readonly ofConfig?: HealthPart
}

export function dutiesOf(role: Role, { gateway }: Config): Duties {
  return { takesLogins: role !== 'gateway' || gateway.basic, checks: role !== 'token' }
}

/** Opens the ports. What it opened before it failed is closed by then. */
export async function openServing(
  common: Common,
  { role, port, ofConfig }: ServingOptions,
): Promise<Serving> {
  const listeners = new Map<string, Listener>()
  let halves: Halves | undefined
  let logins: Logins | undefined
  let stopping = false
  const running = () => !stopping
  /** There once a port is open. */
  const current = (): Halves => halves ?? { common, health: [] }
  common.metrics.observePolicy(() => current().common.policySource.figures())
  common.metrics.observeReload('policy', () => current().common.policySource.problem())

  async function open(): Promise<void> {
    // Imported when wanted: what a role does not run, it does not load.
    if (dutiesOf(role, common.config).takesLogins) logins = await createLogins(common)
    halves = await createHalves(common, { role, logins, running })
    const opened = (name: string, listener: Listener) => listeners.set(name, listener)
    await openPorts({ current, port, running, opened })
  }

  async function close(): Promise<void> {
    const patience = current().common.config.drainTimeout * 1000
    await Promise.all([...listeners.values()].map((listener) => listener.close(patience)))
    logins?.close()
  }

  try {
    await open()
  } catch (error) {
    await close()
    throw error
  }
  return {
    current,
    health() {
      const more = [ofConfig, ...current().health, common.tracing?.health]
      return healthOf({
        ...{ common: current().common, listeners, running },
        more: [...more, ...(logins?.health ?? []), common.logs.health],
      })
    },
    ports: () => Object.fromEntries([...listeners].map(([name, { port: open }]) => [name, open])),
    async prepare(next) {
      const changed = await reconfigured(current().common, next)
      const isOther = () => changed.policySource !== current().common.policySource
      const drop = () => {
        if (isOther()) changed.policySource.close()
      }
      try {
        const made = await createHalves(changed, { role, logins, running })
        return {
          take() {
            if (isOther()) current().common.policySource.close()
            halves = made
            common.logs.setLevel(next.logLevel)
          },
          drop,
        }
      } catch (error) {
        drop()
        throw error
      }
    },
    readAgain() {
      current().common.policySource.request()
      common.identity.request()
    },
    stop() {
      stopping = true
    },
    close,
  }
}
