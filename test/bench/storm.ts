import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Document } from 'yaml'
import { startChild, untilReady, type Child } from '../../tools/stack/child.ts'
import { setClusterPort } from '../../tools/envoy/config.ts'
import { endpointsOf } from '../../tools/envoy/places.ts'
import { freePort } from '../../tools/stack/ports.ts'
import { ask } from '../support/http.ts'
import { peakMemory, processorTime, residentMemory } from '../support/process-figures.ts'
import { startServing, SERVICE, type Serving } from '../support/serving.ts'
import { startFront } from './check/fronts.ts'
import { pull, requestsOf, type Pull } from './storm/node.ts'

/** The bundled program, from dist/test/bench. */
const PROGRAM = path.resolve(import.meta.dirname, '../../rauth.js')

const NODES = 5_000
const NAMESPACES = 100
const LAYERS = 5
/** Over how many seconds the nodes begin. */
const SHAPES = [0, 10, 30] as const

const name = (i: number) => `team-${i}`
const login = (i: number) => ({ username: name(i), password: `a long random text ${i}` })

/** A rauth, and the ports that Envoy knows it by. */
interface Replica {
  readonly child: Child
  readonly token: number
  readonly gateway: number
  readonly operations: number
}

/**
 * Five thousand nodes of a cluster that pull an image each, all at once and spread, through Envoy and two rauths. Envoy
 * answers in the registry's place what they let through. What it shows is a shape: load generator, Envoy and
 * both rauths share the processors.
 */
export async function benchStorm(): Promise<readonly string[]> {
  const directory = await mkdtemp(path.join(os.tmpdir(), 'rauth-storm-'))
  const logins = Array.from({ length: NAMESPACES }, (_, i) => login(i))
  const first = await startServing({ logins, config: { trustedProxies: ['127.0.0.1'] } })
  const children: Child[] = []
  try {
    const second = await startSecond(first, directory)
    children.push(second.child)
    const replicas = [first, second]
    const front = await startFront(directory, 'envoy', first.gateway, (document) => {
      setClusterPort(document, 'rauth-token', first.token)
      addEndpoint(document, 'rauth-gateway', second.gateway)
      addEndpoint(document, 'rauth-token', second.token)
    })
    children.push(front.child)
    const lines = [
      `${NODES} nodes, ${NAMESPACES} namespaces, an image of ${LAYERS} layers each: ${requestsOf({ layers: LAYERS })} requests a pull`,
      `memory of the two rauths before: ${memoryOf(replicas)} MiB`,
    ]
    await storm(front.port, 100, 0)
    for (const seconds of SHAPES) {
      lines.push(await measured(front, replicas, seconds))
      // What was refused for want of a place would come again.
      await sleep(2_000)
    }
    return lines
  } finally {
    for (const child of children.reverse()) await child.stop()
    await first.stop()
    await rm(directory, { recursive: true, force: true })
  }
}

async function measured(
  { port, child }: { readonly port: number; readonly child: Child },
  replicas: readonly Replica[],
  seconds: number,
): Promise<string> {
  const before = await figuresOf(replicas)
  const envoy = processorTime(child.pid)
  const own = process.cpuUsage()
  const { answers, failures, ends } = await storm(port, NODES, seconds)
  const after = await figuresOf(replicas)
  const used = process.cpuUsage(own)
  const at = (list: readonly number[], share: number) =>
    (list[Math.floor((list.length - 1) * share)] ?? NaN).toFixed(0)
  const sum = (what: keyof Figures) => after[what] - before[what]
  return [
    seconds === 0 ? 'all at once' : `over ${seconds} s`,
    `done p50 ${at(ends, 0.5)}, p99 ${at(ends, 0.99)}, last ${at(ends, 1)} ms after it began`,
    `a request p50 ${at(answers, 0.5)}, p99 ${at(answers, 0.99)}, longest ${at(answers, 1)} ms`,
    `failed ${failures.length}${failures[0] === undefined ? '' : ` (${failures[0]})`}`,
    `each pull: gateway asked ${(sum('checks') / NODES).toFixed(2)} times, tokens ${(sum('tokens') / NODES).toFixed(2)}`,
    `processor s: rauths ${sum('processor').toFixed(1)}, Envoy ${(processorTime(child.pid) - envoy).toFixed(1)}, ` +
      `generator ${((used.user + used.system) / 1e6).toFixed(1)}`,
    `memory ${memoryOf(replicas)} MiB, Envoy at most ${peakMemory(child.pid).toFixed(0)} MiB`,
  ].join('; ')
}

interface Figures {
  readonly checks: number
  readonly tokens: number
  /** Seconds. */
  readonly processor: number
}

/** Of all replicas together, since they began. */
async function figuresOf(replicas: readonly Replica[]): Promise<Figures> {
  const texts = await Promise.all(
    replicas.map(async ({ operations }) => (await ask(operations, '/metrics')).body),
  )
  const count = (half: string) =>
    [...texts.join('\n').matchAll(/^rauth_decisions_total\{([^}]*)\} (\d+)$/gm)]
      .filter(([, labels = '']) => labels.includes(`half="${half}"`))
      .reduce((all, [, , value]) => all + Number(value), 0)
  return {
    ...{ checks: count('gateway'), tokens: count('token') },
    processor: replicas.reduce((all, { child }) => all + processorTime(child.pid), 0),
  }
}

/** Milliseconds of each answer and from the begin of each pull to its end, in order of size. */
async function storm(port: number, nodes: number, seconds: number) {
  const answers: number[] = []
  const ends: number[] = []
  const failures: string[] = []
  const one = async (i: number) => {
    await sleep((1000 * seconds * i) / nodes)
    const began = performance.now()
    const namespace = i % NAMESPACES
    const pulled: Pull = {
      ...{ port, service: SERVICE, layers: LAYERS, ...login(namespace) },
      repository: `${name(namespace)}/app`,
    }
    await pull(pulled, (_, took) => answers.push(took)).catch((error: unknown) => {
      failures.push(String(error))
    })
    ends.push(performance.now() - began)
  }
  await Promise.all(Array.from({ length: nodes }, (_, i) => one(i)))
  const bySize = (a: number, b: number) => a - b
  return { answers: answers.sort(bySize), ends: ends.sort(bySize), failures }
}

function addEndpoint(document: Document, cluster: string, port: number): void {
  const address = { socket_address: { address: '127.0.0.1', port_value: port } }
  document.addIn(endpointsOf(document, cluster), document.createNode({ endpoint: { address } }))
}

/** Another process with the same keys and Secrets. */
async function startSecond({ config }: Serving, directory: string): Promise<Replica> {
  const [token, gateway] = [await freePort(), await freePort()]
  const [gatewayHttp, operations] = [await freePort(), await freePort()]
  const child = await startChild({
    ...{ name: 'rauth 2', program: process.execPath, logFile: path.join(directory, 'second.log') },
    args: [PROGRAM, 'serve', '--config', config],
    env: {
      RAUTH_LISTEN_TOKEN: `127.0.0.1:${token}`,
      RAUTH_LISTEN_GATEWAY: `127.0.0.1:${gateway}`,
      RAUTH_LISTEN_GATEWAY_HTTP: `127.0.0.1:${gatewayHttp}`,
      RAUTH_LISTEN_OPERATIONS: `127.0.0.1:${operations}`,
    },
  })
  await untilReady(child, () =>
    ask(operations, '/readyz').then(
      ({ status }) => status === 200,
      () => false,
    ),
  )
  return { child, token, gateway, operations }
}

function memoryOf(replicas: readonly Replica[]): string {
  return replicas.map(({ child }) => residentMemory(child.pid).toFixed(0)).join(' and ')
}
