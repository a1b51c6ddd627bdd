import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { installParts } from '../../tools/parts/install.ts'
import { startChild, untilReady } from '../../tools/stack/child.ts'
import { freePort } from '../../tools/stack/ports.ts'
import { registryConfig } from '../../tools/stack/registry-config.ts'
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
  const part = options.generation === '3' ? 'registry3' : 'registry2'
  const programs = await installParts([part])
  const directory = await mkdtemp(path.join(os.tmpdir(), 'rauth-registry-'))
  const file = (name: string) => path.join(directory, name)
  const port = await freePort()
  const trust: { certificates?: string; jwks?: string } = {}
  if (options.certificates !== undefined) {
    trust.certificates = file('certificates.pem')
    await writeFile(trust.certificates, options.certificates)
  }
  if (options.jwks !== undefined) {
    trust.jwks = file('jwks.json')
    await writeFile(trust.jwks, options.jwks)
  }
  const config = registryConfig({
    port,
    storage: options.storage ?? file('storage'),
    secret: randomBytes(24).toString('base64url'),
    tokenCheck: {
      ...{ issuer: options.issuer, service: options.service },
      realm: options.realm ?? 'http://localhost/token',
      ...trust,
    },
  })
  await writeFile(file('registry.yaml'), config)
  const child = await startChild({
    name: `registry ${options.generation}`,
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
    const challenged = () =>
      ask(port, '/v2/').then(
        ({ status }) => status === 401,
        () => false,
      )
    await untilReady(child, challenged)
  } catch (error) {
    await stop()
    throw error
  }
  return { port, log: () => readFile(file('log'), 'utf8'), stop }
}
