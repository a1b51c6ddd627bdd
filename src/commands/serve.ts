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
import { createPasswordHasher } from '../credentials/password.ts'
import type { DecideDependencies } from '../decision.ts'
import { createIssueToken } from '../issue-token.ts'
import { OWN_NAMESPACE } from '../policy/policy.ts'
import { createIssuer } from '../token/issuer.ts'
import { createVerifier } from '../token/verifier.ts'
import { protoDirectory } from './proto-directory.ts'

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
  const listeners: Record<string, Listener> = {}

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
    listeners['token'] = await listenHttp(server, { host, port: options.port ?? port })
  }

  if (options.role !== 'token') {
    Object.assign(listeners, await startGateway(config, { shared, keys }))
  }

  const operations = createServer(
    createOperationsApp({ metrics, parts: { credentials: () => store.ready() } }),
  )
  listeners['operations'] = await listenHttp(operations, config.listen.operations)

  logger.info(
    {
      role: options.role,
      issuer: config.issuer,
      service: config.service,
      realm: config.realm,
      signingKey: keys.active().kid,
      ports: Object.fromEntries(Object.entries(listeners).map(([name, { port }]) => [name, port])),
    },
    'ready',
  )
}
