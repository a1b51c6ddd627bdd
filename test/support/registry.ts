import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { installParts } from '../../tools/parts/install.ts'
import { startChild, untilReady } from '../../tools/stack/child.ts'
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
  const child = await startChild({
    name: `registry ${generation}`,
    program: programs[part],
    args: ['serve', file('registry.yaml')],
    // distribution 3 else sends traces to a collector that is not there.
    env: { OTEL_TRACES_EXPORTER: 'none' },
    logFile: file('log'),
  })
  async function stop(): Promise<void> {
    await child.stop()
    await rm(directory, { recursive: true, force: true })
  }
  try {
    const expected = options.tokenCheck === undefined ? 200 : 401
    const answers = () =>
      ask(port, '/v2/').then(
        ({ status }) => status === expected,
        () => false,
      )
    await untilReady(child, answers)
  } catch (error) {
    await stop()
    throw error
  }
  return { port, log: () => readFile(file('log'), 'utf8'), stop }
}
