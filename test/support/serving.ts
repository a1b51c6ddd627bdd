import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { parse, stringify } from 'yaml'
import { initializeKeys } from '../../src/adapters/file/keys/key-maker.ts'
import { startChild, untilReady, type Child } from '../../tools/stack/child.ts'
import { freePort } from '../../tools/stack/ports.ts'
import { secretManifest, type Login } from '../../tools/stack/secret-manifest.ts'
import { replaceFile } from '../../tools/stack/state.ts'
import { ask } from './http.ts'

/** The bundled program, from dist/test/support. */
const PROGRAM = path.resolve(import.meta.dirname, '../../rauth.js')

export const SERVICE = 'registry.test'

/** `rauth serve` as it ships, a process of its own, with nothing before or behind it. */
export interface Serving {
  readonly child: Child
  readonly token: number
  readonly gateway: number
  readonly gatewayHttp: number
  readonly operations: number
  /** Its configuration, a file. */
  readonly config: string
  readonly secrets: string
  /** Writes these settings over those of the configuration. */
  change(settings: Readonly<Record<string, unknown>>): Promise<void>
  /** Secrets are watched: it is in force a moment later. */
  writeSecret(namespace: string, login: Login): Promise<void>
  removeSecret(namespace: string): Promise<void>
  log(): Promise<string>
  stop(): Promise<void>
}

export interface ServingOptions {
  readonly logins: readonly Login[]
  /** More configuration, over the defaults. */
  readonly config?: Readonly<Record<string, unknown>>
  /** More of where credentials come from, beside their folder. */
  readonly credentials?: Readonly<Record<string, unknown>>
  /** More files beside it: their texts by their names. */
  readonly files?: Readonly<Record<string, string>>
  /** Variables that begin with RAUTH_. */
  readonly environment?: Readonly<Record<string, string>>
  /** More arguments of `rauth serve`. */
  readonly args?: readonly string[]
  /** More options of Node's. */
  readonly node?: readonly string[]
  /** Most that a file which it writes may have, KiB: a disk that is full. */
  readonly fileLimit?: number
  /** What of its operations port is waited for; without: `/readyz`. */
  readonly probe?: '/livez' | '/readyz'
}

/** Each login is that of the namespace with the name of its user. */
export async function startServing(options: ServingOptions): Promise<Serving> {
  const directory = await mkdtemp(path.join(os.tmpdir(), 'rauth-serving-'))
  const file = (name: string) => path.join(directory, name)
  const secrets = file('secrets')
  const secretFile = (namespace: string) => path.join(secrets, `${namespace}.yaml`)
  const writeSecret = (namespace: string, login: Login) =>
    replaceFile(secretFile(namespace), secretManifest(namespace, login))
  for (const name of [secrets, file('keys')]) await mkdir(name, { mode: 0o700 })
  await initializeKeys({ directory: file('keys'), algorithm: 'ES256', now: new Date() })
  for (const [name, text] of Object.entries(options.files ?? {})) {
    await replaceFile(file(name), text)
  }
  for (const login of options.logins) await writeSecret(login.username, login)
  const [token, gateway, gatewayHttp, operations] = [
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
  ]
  const at = (port: number) => `127.0.0.1:${port}`
  const config = {
    ...{ realm: `http://${at(token)}/token`, service: SERVICE, logLevel: 'warn' },
    ...{
      keys: { directory: file('keys') },
      credentials: { directory: secrets, ...options.credentials },
    },
    listen: {
      ...{ token: at(token), gateway: at(gateway), gatewayHttp: at(gatewayHttp) },
      operations: at(operations),
    },
    ...options.config,
  }
  await replaceFile(file('rauth.yaml'), stringify(config))
  const [program, ...args] = [
    ...(options.fileLimit === undefined
      ? []
      : ['bash', '-c', `ulimit -f ${options.fileLimit} && exec "$@"`, 'bash']),
    ...[process.execPath, ...(options.node ?? []), PROGRAM],
    ...['serve', '--config', file('rauth.yaml'), ...(options.args ?? [])],
  ]
  const child = await startChild({
    ...{ name: 'rauth', program: program ?? '', args, logFile: file('log') },
    // Its memory and its times are looked at: no coverage is collected in it.
    env: { NODE_V8_COVERAGE: undefined, ...options.environment },
  })
  async function stop(): Promise<void> {
    await child.stop()
    await rm(directory, { recursive: true, force: true })
  }
  try {
    await untilReady(child, () =>
      ask(operations, options.probe ?? '/readyz').then(
        ({ status }) => status === 200,
        () => false,
      ),
    )
  } catch (error) {
    await stop()
    throw error
  }
  return {
    ...{ child, token, gateway, gatewayHttp, operations, secrets, writeSecret, stop },
    config: file('rauth.yaml'),
    async change(settings) {
      const before = parse(await readFile(file('rauth.yaml'), 'utf8')) as object
      await replaceFile(file('rauth.yaml'), stringify({ ...before, ...settings }))
    },
    removeSecret: (namespace) => rm(secretFile(namespace)),
    log: () => readFile(file('log'), 'utf8'),
  }
}
