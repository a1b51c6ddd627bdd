import type { HttpExchange } from '../adapters/http-exchange.ts'
import type { HealthPart } from '../adapters/ops/health.ts'
import type { Common } from './common.ts'
import { openDecider } from './decider.ts'
import type { GatewayHalf } from './gateway.ts'
import type { Logins } from './logins.ts'
import type { Role } from './role.ts'

/** What the open ports answer: made of one configuration, and replaced as a whole by that of another. */
export interface Halves {
  readonly common: Common
  /** Those that the role runs. */
  readonly token?: HttpExchange
  readonly gateway?: GatewayHalf
  /** Of what only some configurations have. */
  readonly health: readonly HealthPart[]
}

export interface HalvesOptions {
  readonly role: Role
  /** Where users log in at all. */
  readonly logins: Logins | undefined
  /** False once rauth is to stop, while its ports are still open. */
  readonly running: () => boolean
}

/** Throws where one of them can't be made of that configuration. */
export async function createHalves(
  common: Common,
  { role, logins, running }: HalvesOptions,
): Promise<Halves> {
  async function token(): Promise<Pick<Halves, 'token' | 'health'>> {
    if (role === 'gateway' || logins === undefined) return { health: [] }
    const decider = await openDecider(common)
    // Imported when wanted: what a role does not run, it does not load.
    const { createTokenService } = await import('./token-service.ts')
    const options = { decider: decider?.decider, running }
    return {
      token: createTokenService(common, logins, options),
      health: decider === undefined ? [] : [decider.health],
    }
  }
  async function gateway(): Promise<Pick<Halves, 'gateway'>> {
    if (role === 'token') return {}
    const { createGateway } = await import('./gateway.ts')
    return { gateway: createGateway(common, logins) }
  }
  return { common, ...(await token()), ...(await gateway()) }
}
