import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { installParts } from '../../tools/parts/install.ts'
import { startChild, untilReady, type ChildOptions } from '../../tools/stack/child.ts'
import { freePort } from '../../tools/stack/ports.ts'
import {
  registryConfig,
  type RegistryOptions as RegistryConfigOptions,
} from '../../tools/stack/registry-config.ts'
import { ask } from './http.ts'

export interface RegistryOptions {
  readonly generation: '2.8' | '3'
  readonly issuer: string
  readonly service: string
  /** What it trusts, PEM. */
  readonly certificates?: string
  /** Or the keys themselves, JSON. */
  readonly jwks?: string
  /** Folder of images that several share; else one of its own. */
  readonly storage?: string
  readonly realm?: string
}

/** A registry that checks tokens, and nothing else: no rauth, no Envoy. */
export interface Registry {
  readonly port: number
  log(): Promise<string>
  stop(): Promise<void>
}

export async function startRegistry(options: RegistryOptions): Promise<Registry> {
  const directory = await makeDirectory()
  const file = (name: string) => path.join(directory, name)
  const trust: { certificates?: string; jwks?: string } = {}
  if (options.certificates !== undefined) {
    trust.certificates = file('certificates.pem')
    await writeFile(trust.certificates, options.certificates)
  }
  if (options.jwks !== undefined) {
    trust.jwks = file('jwks.json')
    await writeFile(trust.jwks, options.jwks)
  }
  return launch(options.generation, directory, {
    storage: options.storage ?? file('storage'),
    tokenCheck: {
      ...{ issuer: options.issuer, service: options.service },
      realm: options.realm ?? 'http://localhost/token',
      ...trust,
    },
  })
}

/** A registry in which whoever reaches it may do everything. */
export async function startOpenRegistry(generation: '2.8' | '3'): Promise<Registry> {
  const directory = await makeDirectory()
  return launch(generation, directory, { storage: path.join(directory, 'storage') })
}

/** olareg, in memory and just as open: it has the referrers API of OCI 1.1, which distribution has not. */
export async function startOlareg(): Promise<Registry> {
  const { olareg } = await installParts(['olareg'])
  const directory = await makeDirectory()
  const port = await freePort()
  const where = ['--addr', '127.0.0.1', '--port', String(port), '--store-type', 'mem']
  return run({
    ...{ name: 'olareg', program: olareg, port, directory },
    args: ['serve', ...where, '--api-delete', '--api-blob-delete'],
  })
}

function makeDirectory(): Promise<string> {
  return mkdtemp(path.join(os.tmpdir(), 'rauth-registry-'))
}

async function launch(
  generation: '2.8' | '3',
  directory: string,
  options: Pick<RegistryConfigOptions, 'storage' | 'tokenCheck'>,
): Promise<Registry> {
  const part = generation === '3' ? 'registry3' : 'registry2'
  const programs = await installParts([part])
  const file = (name: string) => path.join(directory, name)
  const port = await freePort()
  const secret = randomBytes(24).toString('base64url')
  await writeFile(file('registry.yaml'), registryConfig({ port, secret, ...options }))
  return run({
    ...{ name: `registry ${generation}`, program: programs[part], port, directory },
    args: ['serve', file('registry.yaml')],
    // distribution 3 else sends traces to a collector that is not there.
    env: { OTEL_TRACES_EXPORTER: 'none' },
    expected: options.tokenCheck === undefined ? 200 : 401,
  })
}

interface RegistryProcess extends Omit<ChildOptions, 'logFile'> {
  readonly port: number
  /** What goes with it. */
  readonly directory: string
  /** Status of `/v2/` without a token. */
  readonly expected?: number
}

async function run({
  port,
  directory,
  expected = 200,
  ...child
}: RegistryProcess): Promise<Registry> {
  const logFile = path.join(directory, 'log')
  const running = await startChild({ ...child, logFile })
  async function stop(): Promise<void> {
    await running.stop()
    await rm(directory, { recursive: true, force: true })
  }
  try {
    const answers = () =>
      ask(port, '/v2/').then(
        ({ status }) => status === expected,
        () => false,
      )
    await untilReady(running, answers)
  } catch (error) {
    await stop()
    throw error
  }
  return { port, log: () => readFile(logFile, 'utf8'), stop }
}
