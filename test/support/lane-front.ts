import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { installParts } from '../../tools/parts/install.ts'
import { envoyConfig } from '../../tools/envoy/config.ts'
import { freePort } from '../../tools/stack/ports.ts'
import { startChild, untilReady } from '../../tools/stack/child.ts'
import { startRefuser } from './gateway-word.ts'
import { ask } from './http.ts'
import { digestPath } from './fast-lane.ts'

/** The repository, from dist/test/support. */
const ROOT = path.resolve(import.meta.dirname, '../../..')

/** A request as it came to the registry. */
export interface Passed {
  readonly method: string
  readonly path: string
  /** Header lines of one name joined by commas. */
  readonly headers: ReadonlyMap<string, string>
}

/** The shipped Envoy with the fast lane, whose gateway refuses everything: what passes passed by the lane. */
export interface LaneFront {
  readonly port: number
  log(): Promise<string>
  stop(): Promise<void>
}

export interface LaneFrontOptions {
  /** Port where `/jwks.json` is. */
  readonly token: number
  readonly normalize?: boolean
  /** Told of each request before it is answered. */
  readonly passed: (request: Passed) => Promise<void> | void
  /** A token that has the lane for this repository: Envoy is ready once that passes. */
  readonly open: { readonly repository: string; token(): Promise<string> | string }
}

export async function startLaneFront(options: LaneFrontOptions): Promise<LaneFront> {
  const { envoy } = await installParts(['envoy'])
  const folder = await mkdtemp(path.join(os.tmpdir(), 'rauth-lane-'))
  let ready = false
  const registry = createServer((request, response) => {
    request.resume()
    const told = ready ? Promise.resolve(options.passed(passedOf(request))) : Promise.resolve()
    told.then(
      () => response.writeHead(200, { 'content-length': '2' }).end('ok'),
      () => response.writeHead(500).end(),
    )
  })
  await new Promise<void>((resolve) => registry.listen(0, '127.0.0.1', resolve))
  const refuser = await startRefuser()
  const port = await freePort()
  const upstream = (registry.address() as AddressInfo).port
  const config = await envoyConfig({
    template: path.join(ROOT, 'envoy', 'fast-lane.yaml'),
    ports: { envoy: port, gateway: refuser.port, token: options.token, registry: upstream },
    ...(options.normalize === undefined ? {} : { normalize: options.normalize }),
  })
  const file = path.join(folder, 'envoy.yaml')
  await writeFile(file, config)
  const logFile = path.join(folder, 'envoy.log')
  const quiet = ['--disable-hot-restart', '--concurrency', '1', '--log-level', 'warning']
  const prompt = ['--file-flush-interval-msec', '200']
  const child = await startChild({
    ...{ name: 'envoy', program: envoy, logFile },
    args: ['-c', file, ...quiet, ...prompt],
  })
  const stop = async () => {
    await child.stop()
    refuser.stop()
    registry.closeAllConnections()
    await new Promise((resolve) => registry.close(resolve))
    await rm(folder, { recursive: true, force: true })
  }
  try {
    await untilReady(child, async () => {
      const headers = { authorization: `Bearer ${await options.open.token()}` }
      const target = digestPath(options.open.repository)
      return ask(port, target, { headers }).then(
        ({ status }) => status === 200,
        () => false,
      )
    })
  } catch (error) {
    await stop()
    throw error
  }
  ready = true
  return { port, log: () => readFile(logFile, 'utf8'), stop }
}

function passedOf({ method = '', url = '', rawHeaders }: IncomingMessage): Passed {
  const headers = new Map<string, string>()
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] ?? '').toLowerCase()
    const before = headers.get(name)
    const value = rawHeaders[i + 1] ?? ''
    headers.set(name, before === undefined ? value : `${before},${value}`)
  }
  return { method, path: url, headers }
}
