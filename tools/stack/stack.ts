import { readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import { stringify } from 'yaml'
import { startChild, untilReady, type Child } from './child.ts'
import { envoyConfig, type EnvoyOptions } from '../envoy/config.ts'
import { httpGet } from './http-get.ts'
import { registryConfig } from './registry-config.ts'
import { replaceFile, type State } from './state.ts'

export interface StackPorts {
  readonly token: number
  readonly gateway: number
  readonly gatewayHttp: number
  readonly operations: number
  readonly registry: number
  /** Absent: clients talk to the registry itself. */
  readonly envoy?: number
  /** Where Envoy takes the same with TLS, by the signing key's certificate; only tests have that. */
  readonly envoyTls?: number
}

export interface StackOptions {
  readonly state: State
  /** The repository: the Envoy configuration and the bundled program are taken from there. */
  readonly root: string
  readonly programs: { readonly registry: string; readonly envoy?: string }
  readonly ports: StackPorts
  /** Whether the registry checks tokens itself: the second wall, or the only one without Envoy. */
  readonly registryAuth: boolean
  /** Certificate chain in the tokens; without it the registry is given the signing certificate. */
  readonly x5c?: boolean
  readonly normalize?: boolean
  /** Envoy by itself lets reads by digest pass that their token opens. */
  readonly fastLane?: boolean
  readonly editEnvoy?: EnvoyOptions['edit']
  readonly logLevel?: string
  /** False: the catalog stays closed. */
  readonly catalog?: boolean
  /** More configuration of rauth: variables that begin with RAUTH_. */
  readonly environment?: Readonly<Record<string, string>>
  /** And what has no variable. */
  readonly settings?: Readonly<Record<string, unknown>>
  /** Ends the start, and what was started by then. */
  readonly signal?: AbortSignal
}

/** rauth, a registry and, where wanted, Envoy, running on loopback. */
export interface Stack {
  /** `localhost:PORT` for clients. */
  readonly registry: string
  readonly realm: string
  readonly service: string
  /** Configuration of rauth. */
  readonly config: string
  /** All that runs now. */
  children(): readonly Child[]
  rauth(): Child
  /** Starts rauth, which must not be running, and waits until it is ready. */
  startRauth(): Promise<Child>
  /** Asks the other part to end, and starts it again. */
  restart(name: 'envoy' | 'registry'): Promise<void>
  /**
   * Ends everything, the front first, so that no client sees the middle of it. Gives the names of
   * those that did not end when they were asked to.
   */
  stop(): Promise<readonly string[]>
}

/** In the order in which they are stopped. */
const PARTS = ['envoy', 'rauth', 'registry'] as const
/** How long each may take to end when it is asked to, milliseconds; Envoy waits for clients that may never go. */
const PATIENCE = { envoy: 8_000, rauth: 30_000, registry: 30_000 } as const
const SERVICE = 'internal-registry.io'
const ISSUER = 'rauth'

/** Starts all parts and waits until each answers. On failure ends what it had started. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { state, ports } = options
  const front = ports.envoy ?? ports.registry
  // Behind Envoy tokens come from the same host as images; without it straight from rauth.
  const realm = `http://localhost:${ports.envoy ?? ports.token}/token`
  const file = (name: string) => path.join(state.directory, name)
  const running = new Map<string, Child>()

  async function run(
    name: string,
    program: string,
    args: readonly string[],
    ready: () => Promise<boolean>,
    env: Readonly<Record<string, string | undefined>> = {},
  ): Promise<Child> {
    const logFile = path.join(state.logs, `${name}.log`)
    const child = await startChild({ name, program, args, env, logFile })
    running.set(name, child)
    await untilReady(child, ready, { signal: options.signal })
    return child
  }

  async function startRauth(): Promise<Child> {
    const program = path.join(options.root, 'dist', 'rauth.js')
    const args = [program, 'serve', '--config', file('rauth.yaml')]
    const ready = () => answers(`http://127.0.0.1:${ports.operations}/readyz`, 200)
    const env = { ...withoutSettings(process.env), ...options.environment }
    return run('rauth', process.execPath, args, ready, env)
  }

  async function startRegistry(): Promise<void> {
    const certificates = options.x5c === false ? ['ca.crt', 'signing.crt'] : ['ca.crt']
    const bundle = await Promise.all(
      certificates.map((name) => readFile(path.join(state.keys, name), 'utf8')),
    )
    await replaceFile(file('registry-certificates.pem'), bundle.join(''))
    const tokenCheck = {
      ...{ realm, service: SERVICE, issuer: ISSUER },
      certificates: file('registry-certificates.pem'),
    }
    const config = registryConfig({
      port: ports.registry,
      storage: state.images,
      secret: state.registrySecret,
      ...(options.registryAuth ? { tokenCheck } : {}),
    })
    await replaceFile(file('registry.yaml'), config)
    await run(
      'registry',
      options.programs.registry,
      ['serve', file('registry.yaml')],
      () => answers(`http://127.0.0.1:${ports.registry}/v2/`, options.registryAuth ? 401 : 200),
      // distribution 3 else sends traces to a collector that is not there.
      { OTEL_TRACES_EXPORTER: 'none' },
    )
  }

  async function startEnvoy(program: string, port: number): Promise<void> {
    const tlsFiles = {
      certificate: path.join(state.keys, 'signing.crt'),
      key: path.join(state.keys, 'signing.key'),
    }
    const config = await envoyConfig({
      template: path.join(
        ...([options.root, 'envoy'] as const),
        options.fastLane === true ? 'fast-lane.yaml' : 'envoy.yaml',
      ),
      ports: { ...ports, envoy: port },
      edit: options.editEnvoy,
      ...(options.normalize === undefined ? {} : { normalize: options.normalize }),
      ...(ports.envoyTls === undefined ? {} : { tls: { port: ports.envoyTls, ...tlsFiles } }),
    })
    await replaceFile(file('envoy.yaml'), config)
    const quiet = ['--disable-hot-restart', '--concurrency', '1', '--log-level', 'warning']
    // Else what it logs of requests comes up to 10 s late.
    const prompt = ['--file-flush-interval-msec', '500']
    // 401 is rauth's answer; before it is reachable Envoy says 503.
    await run('envoy', program, ['-c', file('envoy.yaml'), ...quiet, ...prompt], () =>
      answers(`http://127.0.0.1:${port}/v2/`, 401),
    )
  }

  async function restart(name: 'envoy' | 'registry'): Promise<void> {
    const { envoy } = options.programs
    await running.get(name)?.stop(PATIENCE[name])
    if (name === 'registry') await startRegistry()
    else if (envoy !== undefined) await startEnvoy(envoy, front)
  }

  async function stop(): Promise<readonly string[]> {
    const killed: string[] = []
    for (const name of PARTS) {
      if ((await running.get(name)?.stop(PATIENCE[name])) === false) killed.push(name)
      running.delete(name)
    }
    return killed
  }

  // What an earlier start left there would be taken for the words of this one.
  for (const name of PARTS) await rm(path.join(state.logs, `${name}.log`), { force: true })
  await replaceFile(file('rauth.yaml'), ANEW + rauthConfig(options, realm))
  try {
    // All of them to their end, so that none comes up after the others were stopped.
    const started = await Promise.allSettled([startRauth(), startRegistry()])
    for (const one of started) if (one.status === 'rejected') throw one.reason
    const { envoy } = options.programs
    if (envoy !== undefined && ports.envoy !== undefined) await startEnvoy(envoy, ports.envoy)
  } catch (error) {
    await stop()
    throw error
  }
  return {
    registry: `localhost:${front}`,
    realm,
    service: SERVICE,
    config: file('rauth.yaml'),
    children: () => [...running.values()],
    rauth: () => running.get('rauth') ?? missing('rauth'),
    startRauth,
    restart,
    stop,
  }
}

/** What the user's own environment says of rauth must not change what is started here. */
function withoutSettings(env: NodeJS.ProcessEnv): Record<string, undefined> {
  const names = Object.keys(env).filter((name) => name.startsWith('RAUTH_'))
  return Object.fromEntries(names.map((name) => [name, undefined]))
}

function missing(name: string): never {
  throw new Error(`${name} was not started`)
}

/** For whoever changes the file by hand. */
const ANEW = '# Each start (npm start) writes this file anew: keep changes in a copy of it.\n'

function rauthConfig(options: StackOptions, realm: string): string {
  const { state, ports } = options
  const at = (port: number) => `127.0.0.1:${port}`
  return stringify({
    realm,
    service: SERVICE,
    issuer: ISSUER,
    logLevel: options.logLevel ?? 'info',
    // Envoy asks from here.
    trustedProxies: ports.envoy === undefined ? [] : ['127.0.0.1/32', '::1/128'],
    token: { x5c: options.x5c ?? true },
    keys: { directory: state.keys },
    credentials: { directory: state.secrets },
    ...(options.catalog === false ? {} : { catalog: { registry: `http://${at(ports.registry)}` } }),
    listen: {
      token: at(ports.token),
      gateway: at(ports.gateway),
      gatewayHttp: at(ports.gatewayHttp),
      operations: at(ports.operations),
    },
    ...(options.fastLane === true ? { gateway: { fastLane: { enabled: true } } } : {}),
    ...options.settings,
  })
}

async function answers(url: string, status: number): Promise<boolean> {
  try {
    return (await httpGet(url)).status === status
  } catch {
    return false
  }
}
