import { exchangeOf, type HttpExchange } from '../adapters/http-exchange.ts'
import { listenHttp, type Listener } from '../adapters/listen.ts'
import { onAnswerFailure, onPortError } from './common.ts'
import type { GatewayHalf } from './gateway.ts'
import type { Halves } from './halves.ts'

export interface PortsOptions {
  /** What a request that comes now is answered with. */
  readonly current: () => Halves
  /** Of the token service, over the configured one. */
  readonly port: number | undefined
  /** False once rauth is to stop, while the ports are still open. */
  readonly running: () => boolean
  /** Told of each that is open, by the name that it has under `listen`. */
  readonly opened: (name: string, listener: Listener) => void
}

/** Opens the ports of the halves that there are. Throws ERR_LISTEN. */
export async function openPorts(options: PortsOptions): Promise<void> {
  const { token, gateway } = options.current()
  if (token !== undefined) await openToken(options)
  if (gateway !== undefined) await openGateway(options)
}

/** Once there is a half, each that follows has it. */
function present<T>(half: T | undefined): T {
  if (half === undefined) throw new Error('a half that this role does not run')
  return half
}

async function openToken({ current, port, opened }: PortsOptions): Promise<void> {
  // Imported when wanted: what a role does not run, it does not load.
  const { createTokenServer } = await import('../adapters/token-http/server.ts')
  const { common } = current()
  const exchange = exchangeOf((): HttpExchange => present(current().token))
  const server = createTokenServer(exchange, await common.tls.open('token'))
  const address = { ...common.config.listen.token, ...(port === undefined ? {} : { port }) }
  opened('token', await listenHttp(server, address, onPortError(common)))
}

async function openGateway({ current, running, opened }: PortsOptions): Promise<void> {
  const { startGrpcServer } = await import('../adapters/ext-authz/grpc-server.ts')
  const { createGatewayHttpServer } = await import('../adapters/ext-authz/http-server.ts')
  const { common } = current()
  const { listen } = common.config
  const half = (): GatewayHalf => present(current().gateway)
  const grpc = await startGrpcServer(
    {
      check: (message, head) => half().check(message, head),
      ready: () => running() && common.store.ready() && common.keys.ready(),
      tls: await common.tls.open('gateway'),
      onFailure: onAnswerFailure(common),
    },
    listen.gateway,
    onPortError(common),
  )
  opened('gateway', grpc)
  const tls = await common.tls.open('gatewayHttp')
  const server = createGatewayHttpServer(
    exchangeOf(() => half().http),
    tls,
  )
  opened('gatewayHttp', await listenHttp(server, listen.gatewayHttp, onPortError(common)))
}
