import { randomBytes, randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import { Command, InvalidArgumentError, Option } from 'commander'
import { loadKeySet, readBindingKey } from '../adapters/file/key-files.ts'
import { createFileSecretStore } from '../adapters/file/secret-store.ts'
import { listenHttp, type Listener } from '../adapters/listen.ts'
import { createLogger, logDecision } from '../adapters/ops/logger.ts'
import { createMetrics } from '../adapters/ops/metrics.ts'
import { createOperationsApp } from '../adapters/ops/server.ts'
import { createCheckAccess } from '../check-access.ts'
import { loadConfig } from '../config/read.ts'
import type { Config } from '../config/schema.ts'
import { createAuthenticator } from '../credentials/authenticate.ts'
import type { CredentialStore } from '../credentials/credential.ts'
import { createPasswordHasher } from '../credentials/password.ts'
import type { DecideDependencies } from '../decision.ts'
import { messageOf } from '../errors.ts'
import { createIssueToken } from '../issue-token.ts'
import { OWN_NAMESPACE, type Policy } from '../policy/policy.ts'
import { createIssuer } from '../token/issuer.ts'
import type { KeySet } from '../token/key-set.ts'
import { createVerifier } from '../token/verifier.ts'
import { protoDirectory } from './proto-directory.ts'
import { stopSignal } from './stop-signal.ts'

type Role = 'all' | 'token' | 'gateway'

interface ServeOptions {
  readonly config: string
  readonly role: Role
  readonly port?: number
}

/** How long requests in flight may take once rauth was told to stop, milliseconds. */
const DRAIN = 5_000

/** Tokens whose signature is remembered as good. */
const VERIFIED_TOKENS = 10_000

export function serveCommand(): Command {
  return new Command('serve')
    .description('Run the token service and the gateway.')
    .requiredOption('-c, --config <file>', 'the configuration', 'rauth.yaml')
    .addOption(
      new Option('--role <role>', 'which half to run')
        .choices(['all', 'token', 'gateway'])
        .default('all'),
    )
    .option('--port <port>', 'port of the token service, over listen.token', parsePort)
    .exitOverride()
    .action(serve)
}

function parsePort(text: string): number {
  const port = Number(text)
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port
  throw new InvalidArgumentError('a port is a whole number from 0 to 65535')
}

async function serve(options: ServeOptions): Promise<void> {
  const config = loadConfig(options.config, process.env)
  const logger = createLogger(config.logLevel)
  const metrics = createMetrics()
  const decisions: DecideDependencies = {
    clock: () => Date.now() / 1000,
    newId: randomUUID,
    record(event) {
      logDecision(logger, event)
      metrics.record(event)
    },
  }

  const keys = await loadKeySet(config.keys.directory, new Date())
  const bindingKey = await readBindingKey(config.keys.directory)
  const hasher = createPasswordHasher(randomBytes(32))
  const store = await createFileSecretStore({
    directory: config.credentials.directory,
    secretName: config.secretName,
    hasher,
    bindingKey,
    log: logger,
  })
  const policy = () => OWN_NAMESPACE
  const shared = { ...decisions, store, policy }
  const listeners = new Map<string, Listener>()
  let stopping = false

  async function open(): Promise<void> {
    if (options.role !== 'gateway') {
      const { createTokenServer } = await import('../adapters/token-http/server.ts')
      const issueToken = createIssueToken(
        {
          ...shared,
          authenticate: createAuthenticator({ store, hasher }),
          issuer: createIssuer({ keys, x5c: config.token.x5c }),
        },
        { issuer: config.issuer, services: [config.service], expiry: config.token.expiry },
      )
      const server = createTokenServer({ issueToken, jwks: () => keys.jwks(), realm: config.realm })
      const { host, port } = config.listen.token
      listeners.set('token', await listenHttp(server, { host, port: options.port ?? port }))
    }
    if (options.role !== 'token') {
      for (const [name, listener] of Object.entries(await startGateway(config, { shared, keys }))) {
        listeners.set(name, listener)
      }
    }
    const parts = { credentials: () => store.ready(), running: () => !stopping }
    const operations = createServer(createOperationsApp({ metrics, parts }))
    listeners.set('operations', await listenHttp(operations, config.listen.operations))
  }

  /** Ends what is open, the operations port last: it tells the cluster what is going on. */
  async function close(): Promise<void> {
    stopping = true
    const operations = listeners.get('operations')
    const halves = [...listeners.values()].filter((listener) => listener !== operations)
    await Promise.all(halves.map((listener) => listener.close(DRAIN)))
    await operations?.close(0)
    store.close()
  }

  try {
    await open()
  } catch (error) {
    await close()
    throw error
  }
  logger.info(
    {
      role: options.role,
      issuer: config.issuer,
      service: config.service,
      realm: config.realm,
      signingKey: keys.active().kid,
      ports: Object.fromEntries([...listeners].map(([name, { port }]) => [name, port])),
    },
    'ready',
  )
  const signal = await stopSignal()
  logger.info({ signal }, 'stopping: requests in flight are finished, no new ones are taken')
  await close()
  logger.info({}, 'stopped')
}

interface GatewayParts {
  readonly shared: DecideDependencies & {
    readonly store: CredentialStore
    readonly policy: () => Policy
  }
  readonly keys: KeySet
}

/** The gateway over gRPC and over HTTP: both ask the same flow. */
async function startGateway(config: Config, { shared, keys }: GatewayParts) {
  const { startGrpcServer } = await import('../adapters/ext-authz/grpc-server.ts')
  const { createGatewayHttpServer } = await import('../adapters/ext-authz/http-server.ts')
  const { issuer, service, realm, token, listen } = config
  const verifier = createVerifier({
    ...{ keys, issuer, audiences: [service], clock: shared.clock, cacheSize: VERIFIED_TOKENS },
    ...{ leeway: token.leeway, maxLifetime: token.expiry },
  })
  const options = {
    ...{ realm, service },
    checkAccess: createCheckAccess({ ...shared, verifier }),
    onFailure(thrown: unknown) {
      process.emitWarning(`a check failed outside of its decision: ${messageOf(thrown)}`)
    },
  }
  const gateway = await startGrpcServer(
    {
      ...options,
      protoDirectory: protoDirectory(import.meta.dirname),
      ready: () => shared.store.ready(),
    },
    listen.gateway,
  )
  try {
    const gatewayHttp = await listenHttp(createGatewayHttpServer(options), listen.gatewayHttp)
    return { gateway, gatewayHttp }
  } catch (thrown) {
    await gateway.close(0)
    throw thrown
  }
}
