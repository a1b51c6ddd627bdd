import { fetchToken } from './http.ts'
import { gatewayAsker } from './gateway-word.ts'
import { startLaneFront, type LaneFront, type Passed } from './lane-front.ts'
import { startStack, type Stack } from './stack.ts'

/**
 * The lane and, beside it, the gateway that it must not be wider than: of each request that passed by the
 * lane the gateway is asked in the same moment, with exactly what the registry got.
 */
export interface LaneWitness {
  readonly stack: Stack
  readonly front: LaneFront
  /** What passed by the lane, in order. */
  readonly passed: readonly Passed[]
  /** Where the gateway would not have let it pass, or not as the same person. */
  readonly wrong: readonly string[]
  /** A pull token of team-a. */
  token(...repositories: readonly string[]): Promise<string>
  stop(): Promise<void>
}

export const OWN = 'team-a/app'
const IDENTITY = ['x-rauth-account', 'x-rauth-namespace']

export async function startLaneWitness(
  options: { readonly normalize?: boolean; readonly window?: number } = {},
): Promise<LaneWitness> {
  const { normalize, window = 60 } = options
  const stack = await startStack({
    ...{ registry: '3', registryAuth: false, envoy: false, quiet: true },
    settings: { gateway: { fastLane: { enabled: true, window } } },
  })
  const gateway = gatewayAsker(stack.gateway)
  const passed: Passed[] = []
  const wrong: string[] = []
  const token = (...names: readonly string[]) =>
    fetchToken(
      ...([stack.token, stack.login('team-a'), stack.service] as const),
      ...names.map((name) => `repository:${name}:pull`),
    )
  try {
    const front = await startLaneFront({
      token: stack.token,
      ...(normalize === undefined ? {} : { normalize }),
      open: { repository: OWN, token: () => token(OWN) },
      async passed(request) {
        passed.push(request)
        const said = await gateway.ask(
          ...([request.method, request.path, Object.fromEntries(request.headers)] as const),
        )
        const same = IDENTITY.every((name) => said.headers[name] === request.headers.get(name))
        if (said.status === 200 && same) return
        const headers = JSON.stringify([...request.headers])
        wrong.push(
          `${request.method} ${request.path} ${headers}: the gateway says ${said.status} ${JSON.stringify(said.headers)}`,
        )
      },
    })
    const stop = async () => {
      gateway.close()
      await front.stop()
      await stack.stop()
    }
    return { stack, front, passed, wrong, token, stop }
  } catch (error) {
    gateway.close()
    await stack.stop()
    throw error
  }
}
