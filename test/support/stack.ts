import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import type { Document } from 'yaml'
import type { Algorithm } from '../../src/token/algorithms.ts'
import { installParts } from '../../tools/parts/install.ts'
import { setClusterPort } from '../../tools/envoy/config.ts'
import { freePort } from '../../tools/stack/ports.ts'
import { secretManifest, type Login } from '../../tools/stack/secret-manifest.ts'
import * as stacks from '../../tools/stack/stack.ts'
import { prepareState, replaceFile } from '../../tools/stack/state.ts'

/** The repository, from dist/test/support. */
const ROOT = path.resolve(import.meta.dirname, '../../..')

export interface StackOptions {
  readonly registry: '2.8' | '3'
  readonly registryAuth: boolean
  readonly envoy: boolean
  readonly normalize?: boolean
  readonly fastLane?: boolean
  /** Changes the configuration of Envoy. */
  readonly editEnvoy?: (document: Document) => void
  /** Envoy listens with TLS, too. */
  readonly tls?: boolean
  readonly algorithm?: Algorithm
  readonly x5c?: boolean
  /** Logs warnings and errors only, so that a measurement is not one of the disk. */
  readonly quiet?: boolean
  readonly logLevel?: string
  readonly catalog?: boolean
  /** More configuration of rauth: variables that begin with RAUTH_. */
  readonly environment?: Readonly<Record<string, string>>
  /** And what has no variable. */
  readonly settings?: Readonly<Record<string, unknown>>
}

/** A whole deployment of the real parts, with the namespaces team-a and team-b, in a folder that goes. */
export interface Stack {
  /** `localhost:PORT` for clients. */
  readonly registry: string
  readonly realm: string
  readonly service: string
  readonly keysDirectory: string
  /** Configuration of rauth; what is in the environment is not in it. */
  readonly config: string
  /** Ports: where clients come in, the registry itself, the token service, the gateway. */
  readonly entry: number
  /** Where clients come in with TLS. */
  readonly entryTls: number | undefined
  readonly upstream: number
  readonly token: number
  readonly gateway: number
  readonly gatewayHttp: number
  readonly operations: number
  login(namespace: string): Login
  setPassword(namespace: string, password: string): Promise<void>
  /** Puts any text where the manifest of the namespace was. */
  writeSecret(namespace: string, text: string): Promise<void>
  removeSecret(namespace: string): Promise<void>
  rauthLog(): Promise<string>
  envoyLog(): Promise<string>
  registryLog(): Promise<string>
  rauthPid(): number
  envoyPid(): number
  killRauth(): Promise<void>
  /** The pid, once it is ready. */
  startRauth(): Promise<number>
  /** Asks it to end; whether that was enough. */
  stopRauth(): Promise<boolean>
  restart(name: 'envoy' | 'registry'): Promise<void>
  stop(): Promise<void>
}

/** Makes Envoy pass requests on to another registry than the stack's own. */
export function toRegistry(port: number): (document: Document) => void {
  return (document) => {
    setClusterPort(document, 'registry', port)
  }
}

export async function startStack(options: StackOptions): Promise<Stack> {
  const registryPart = options.registry === '3' ? 'registry3' : 'registry2'
  const programs = await installParts([registryPart])
  const { envoy } = options.envoy ? await installParts(['envoy']) : { envoy: undefined }
  const directory = await mkdtemp(path.join(os.tmpdir(), 'rauth-stack-'))
  const state = await prepareState({
    directory,
    namespaces: ['team-a', 'team-b'],
    ...(options.algorithm === undefined ? {} : { algorithm: options.algorithm }),
  })
  const ports = {
    token: await freePort(),
    gateway: await freePort(),
    gatewayHttp: await freePort(),
    operations: await freePort(),
    registry: await freePort(),
    ...(options.envoy ? { envoy: await freePort() } : {}),
    ...(options.tls === true ? { envoyTls: await freePort() } : {}),
  }
  const { x5c, normalize, fastLane } = options
  const stack = await stacks.startStack({
    state,
    root: ROOT,
    programs: {
      registry: programs[registryPart],
      ...(envoy === undefined ? {} : { envoy }),
    },
    ports,
    registryAuth: options.registryAuth,
    ...(x5c === undefined ? {} : { x5c }),
    ...(normalize === undefined ? {} : { normalize }),
    ...(fastLane === undefined ? {} : { fastLane }),
    ...(options.editEnvoy === undefined ? {} : { editEnvoy: options.editEnvoy }),
    ...(options.quiet === true ? { logLevel: 'warn' } : {}),
    ...(options.logLevel === undefined ? {} : { logLevel: options.logLevel }),
    ...(options.catalog === undefined ? {} : { catalog: options.catalog }),
    ...(options.environment === undefined ? {} : { environment: options.environment }),
    ...(options.settings === undefined ? {} : { settings: options.settings }),
  })
  const logins = new Map(state.logins)
  const secretFile = (namespace: string) => path.join(state.secrets, `${namespace}.yaml`)
  const log = (name: string) => readFile(path.join(state.logs, `${name}.log`), 'utf8')
  return {
    ...{ registry: stack.registry, realm: stack.realm, service: stack.service },
    keysDirectory: state.keys,
    config: stack.config,
    entry: ports.envoy ?? ports.registry,
    entryTls: ports.envoyTls,
    upstream: ports.registry,
    token: ports.token,
    gateway: ports.gateway,
    gatewayHttp: ports.gatewayHttp,
    operations: ports.operations,
    login(namespace) {
      const login = logins.get(namespace)
      if (login === undefined) throw new Error(`no namespace ${namespace} here`)
      return login
    },
    async setPassword(namespace, password) {
      const login = { username: namespace, password }
      logins.set(namespace, login)
      await replaceFile(secretFile(namespace), secretManifest(namespace, login))
    },
    writeSecret: (namespace, text) => replaceFile(secretFile(namespace), text),
    removeSecret: (namespace) => rm(secretFile(namespace)),
    rauthLog: () => log('rauth'),
    envoyLog: () => log('envoy'),
    registryLog: () => log('registry'),
    rauthPid: () => stack.rauth().pid,
    envoyPid() {
      const found = stack.children().find(({ name }) => name === 'envoy')
      if (found === undefined) throw new Error('no Envoy here')
      return found.pid
    },
    killRauth: () => stack.rauth().kill(),
    startRauth: async () => (await stack.startRauth()).pid,
    stopRauth: () => stack.rauth().stop(30_000),
    restart: (name) => stack.restart(name),
    async stop() {
      const killed = await stack.stop()
      await rm(directory, { recursive: true, force: true })
      // Envoy waits for its clients; rauth and the registry must end when they are asked to.
      assert.deepEqual(
        killed.filter((name) => name !== 'envoy'),
        [],
        'did not stop when asked',
      )
    },
  }
}
