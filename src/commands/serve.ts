import { randomBytes, randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Command, InvalidArgumentError, Option } from 'commander'
import { readBindingKey } from '../adapters/file/key-files.ts'
import { createFileKeyStore } from '../adapters/file/key-store.ts'
import { createFileSecretStore } from '../adapters/file/secret-store.ts'
import { listenHttp, type Listener } from '../adapters/listen.ts'
import { createLogger, logDecision } from '../adapters/ops/logger.ts'
import { createMetrics } from '../adapters/ops/metrics.ts'
import { createOperationsServer } from '../adapters/ops/server.ts'
import { createCheckAccess, type CheckAccess } from '../check-access.ts'
import type { Clock } from '../clock.ts'
import { loadConfig } from '../config/read.ts'
import type { Config } from '../config/schema.ts'
import { warningsOf } from '../config/warnings.ts'
import { createAuthenticator } from '../credentials/authenticate.ts'
import type { CredentialStore } from '../credentials/credential.ts'
import { createPasswordHasher, type PasswordHasher } from '../credentials/password.ts'
import type { DecideDependencies } from '../decision.ts'
import { messageOf, RauthError } from '../errors.ts'
import { createIssueToken } from '../issue-token.ts'
import type { Log } from '../log.ts'
import { namespacePolicy, type Policy } from '../policy/policy.ts'
import type { Algorithm } from '../token/algorithms.ts'
import { createIssuer } from '../token/issuer.ts'
import type { KeySet } from '../token/key-set.ts'
import { createRefreshTokens } from '../token/refresh-token.ts'
import { createVerifier } from '../token/verifier.ts'
import { addConfigOption, configFile, type ConfigOption } from './config-option.ts'
import { protoDirectory } from './proto-directory.ts'
import { stopSignal } from './stop-signal.ts'

type Role = 'all' | 'token' | 'gateway'

interface ServeOptions extends ConfigOption {
  readonly role: Role
  readonly port?: number
}

/** How long requests in flight may take once rauth was told to stop, milliseconds. */
const DRAIN = 5_000

/** How long what is left may keep the process after it has stopped, milliseconds. */
const LAST_MOMENT = 2_000

/** Tokens whose signature is remembered as good. */
const VERIFIED_TOKENS = 10_000

export function serveCommand(): Command {
  return addConfigOption(new Command('serve'))
    .description('Run the token service and the gateway.')
    .addOption(
      new Option('--role <role>', 'which half to run')
        .choices(['all', 'token', 'gateway'])
        .default('all'),
    )
    .option('--port <port>', 'port of the token service, over listen.token', parsePort)
    .exitOverride()
    .action((options: ServeOptions, command: Command) => {
      if (options.port !== undefined && options.role === 'gateway') {
        command.error(
          'error: --port is that of the token service, which --role gateway does not run',
        )
      }
      return serve(options)
    })
}

function parsePort(text: string): number {
  const port = Number(text)
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port
  throw new InvalidArgumentError('a port is a whole number from 0 to 65535')
}

async function serve(options: ServeOptions): Promise<void> {
  const config = loadConfig(configFile(options), process.env)
  const log = createLogger(config.logLevel)
  const metrics = createMetrics()
  const clock: Clock = () => Date.now() / 1000
  const keys = await createFileKeyStore({
    ...config.keys,
    ...{ clock, log, algorithm: config.token.algorithm },
    onFailure: () => {
      metrics.keyReloadFailed()
    },
  })
  metrics.observeKeys(() => keys.ends())
  requireAlgorithm(keys.active(clock()).algorithm, config)
  const hasher = createPasswordHasher(randomBytes(32))
  const store = await createFileSecretStore({
    directory: config.credentials.directory,
    secretName: config.secretName,
    hasher,
    bindingKey: await readBindingKey(config.keys.directory),
    log,
  })
  for (const warning of warningsOf(config)) log.warn({}, warning)
  const policy = namespacePolicy(config.policy)
  const common: Common = {
    ...{ config, log, keys, store, hasher },
    clock,
    timer: () => performance.now(),
    newId: randomUUID,
    record(event) {
      logDecision(log, event)
      metrics.record(event)
    },
    policy: () => policy,
  }

  // Listened to before anything is open: a signal that comes while it opens is not lost.
  const told = stopSignal()
  const listeners = new Map<string, Listener>()
  let stopping = false
  async function open(): Promise<void> {
    if (options.role !== 'gateway') {
      listeners.set('token', await openTokenService(common, options.port))
    }
    if (options.role !== 'token') {
      const { checkAccess, gateway } = await openGateway(common)
      listeners.set('gateway', gateway)
      listeners.set('gatewayHttp', await openHttpGateway(common, checkAccess))
    }
    const parts = {
      credentials: () => store.ready(),
      keys: () => keys.ready(),
      running: () => !stopping,
    }
    const troubles = { keys: () => keys.problem() }
    const server = createOperationsServer({
      ...{ metrics, parts, troubles },
      onFailure: onAnswerFailure(log),
    })
    listeners.set(
      'operations',
      await listenHttp(server, config.listen.operations, onPortError(log)),
    )
  }

  /** Ends what is open, the operations port last: it tells the cluster what is going on. */
  async function close(): Promise<void> {
    stopping = true
    const operations = listeners.get('operations')
    const halves = [...listeners.values()].filter((listener) => listener !== operations)
    await Promise.all(halves.map((listener) => listener.close(DRAIN)))
    await operations?.close(0)
    store.close()
    keys.close()
  }

  try {
    await open()
  } catch (error) {
    await close()
    throw error
  }
  log.info(
    {
      role: options.role,
      issuer: config.issuer,
      service: config.service,
      realm: config.realm,
      signingKey: keys.active(clock()).kid,
      ports: Object.fromEntries([...listeners].map(([name, { port }]) => [name, port])),
    },
    'ready',
  )
  const signal = await told
  log.info({ signal }, 'stopping: requests in flight are finished, no new ones are taken')
  stopping = true
  await sleep(config.drainDelay * 1000)
  await close()
  log.info({}, 'stopped')
  // Whatever still hangs on, a file that cannot be read, must not keep a stopped process.
  setTimeout(() => process.exit(), LAST_MOMENT).unref()
}

/** Without a key for it, tokens would be signed with another algorithm than was asked for. */
function requireAlgorithm(found: Algorithm, { token, keys }: Config): void {
  if (token.algorithm === undefined || token.algorithm === found) return
  throw new RauthError(
    'ERR_KEYS_UNREADABLE',
    `token.algorithm is ${token.algorithm}, and ${keys.directory} has a key for ${found} only; ` +
      `next: rauth keys rotate -a ${token.algorithm} -d ${keys.directory}`,
  )
}

/** What both halves are made of: one credential lookup, one policy, one set of keys. */
interface Common extends DecideDependencies {
  readonly config: Config
  readonly log: Log
  readonly keys: KeySet
  readonly store: CredentialStore
  readonly hasher: PasswordHasher
  readonly clock: Clock
  readonly policy: () => Policy
}

function onAnswerFailure(log: Log) {
  return (thrown: unknown) => {
    log.error({ error: messageOf(thrown) }, 'an answer could not be given')
  }
}

function onPortError(log: Log) {
  return (error: Error) => {
    log.error({ error: error.message }, 'a port failed to take a connection')
  }
}

/** Lifetimes of tokens: that of those for pulls only, and that of all others. */
function expiriesOf({ token }: Config) {
  return { expiry: token.expiry, pushExpiry: token.pushExpiry ?? token.expiry }
}

async function openTokenService(common: Common, port: number | undefined): Promise<Listener> {
  const { createTokenServer } = await import('../adapters/token-http/server.ts')
  const { config, keys, store, hasher, log, clock } = common
  const { issuer, token } = config
  const refreshTokens = createRefreshTokens({
    ...{ keys, clock, issuer, expiry: token.refresh.expiry, leeway: token.leeway },
  })
  const realms = new Map(config.services.map(({ service, realm }) => [service, realm]))
  const issueToken = createIssueToken(
    {
      ...common,
      authenticate: createAuthenticator({ store, hasher }),
      issuer: createIssuer({ keys, x5c: token.x5c }),
      refreshTokens: token.refresh.enabled ? refreshTokens : undefined,
    },
    { issuer, services: [config.service, ...realms.keys()], ...expiriesOf(config) },
  )
  const { realm, listen } = config
  const server = createTokenServer({
    ...{ issueToken, issuer, realm, realms },
    jwks: () => keys.jwks(),
    onFailure: onAnswerFailure(log),
  })
  return listenHttp(
    server,
    { ...listen.token, ...(port === undefined ? {} : { port }) },
    onPortError(log),
  )
}

/** The gateway over gRPC, and the flow that the one over HTTP asks too. */
async function openGateway(common: Common) {
  const { startGrpcServer } = await import('../adapters/ext-authz/grpc-server.ts')
  const { config, keys, store, clock } = common
  const { issuer, service, token } = config
  const { expiry, pushExpiry } = expiriesOf(config)
  const verifier = createVerifier({
    ...{ keys, issuer, audiences: [service], clock, cacheSize: VERIFIED_TOKENS },
    ...{ leeway: token.leeway, maxLifetime: Math.max(expiry, pushExpiry) },
  })
  const checkAccess = createCheckAccess({ ...common, verifier })
  const gateway = await startGrpcServer(
    {
      ...gatewayOptions(common, checkAccess),
      protoDirectory: protoDirectory(import.meta.dirname),
      ready: () => store.ready(),
    },
    config.listen.gateway,
  )
  return { checkAccess, gateway }
}

async function openHttpGateway(common: Common, checkAccess: CheckAccess): Promise<Listener> {
  const { createGatewayHttpServer } = await import('../adapters/ext-authz/http-server.ts')
  const server = createGatewayHttpServer(gatewayOptions(common, checkAccess))
  return listenHttp(server, common.config.listen.gatewayHttp, onPortError(common.log))
}

function gatewayOptions({ config, log }: Common, checkAccess: CheckAccess) {
  return {
    ...{ realm: config.realm, service: config.service, checkAccess },
    onFailure: onAnswerFailure(log),
  }
}
