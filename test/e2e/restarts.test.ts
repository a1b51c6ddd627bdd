import assert from 'node:assert/strict'
import { Agent } from 'node:http'
import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Document } from 'yaml'
import { startChild, untilReady, type Child } from '../../tools/stack/child.ts'
import { endpointsOf } from '../../tools/envoy/places.ts'
import { freePort } from '../../tools/stack/ports.ts'
import { craneClient, type CraneClient } from '../support/clients.ts'
import { envoyAdmin, type EnvoyAdmin } from '../support/envoy-admin.ts'
import { ask, basic, fetchToken } from '../support/http.ts'
import { askPaced } from '../support/paced.ts'
import {
  assertNoFailure,
  craneOverAndOver,
  pullOverAndOver,
  stopAll,
  untilPulled,
  type Pulls,
} from '../support/pulls.ts'
import { startStack, type Stack } from '../support/stack.ts'
import { until } from '../support/until.ts'

/** The bundled program, from dist/test/e2e. */
const PROGRAM = path.resolve(import.meta.dirname, '../../rauth.js')
const REPOSITORY = 'team-a/app'
const DRAIN = { RAUTH_DRAIN_DELAY: '4s' }

/** Requests a second while they are restarted. */
const RATE = 500

/** Another endpoint for a cluster of Envoy's. */
function addEndpoint(document: Document, name: string, port: number): void {
  const address = { socket_address: { address: '127.0.0.1', port_value: port } }
  document.addIn(endpointsOf(document, name), document.createNode({ endpoint: { address } }))
}

describe('two rauths behind Envoy', () => {
  let stack: Stack
  let folder: string
  let second: Child
  let admin: EnvoyAdmin
  let crane: CraneClient
  const ports = { token: 0, gateway: 0, gatewayHttp: 0, operations: 0 }

  async function startSecond(): Promise<Child> {
    const child = await startChild({
      ...{ name: 'rauth 2', program: process.execPath, logFile: path.join(folder, 'log') },
      args: [PROGRAM, 'serve', '--config', stack.config],
      env: {
        ...DRAIN,
        RAUTH_LISTEN_TOKEN: `127.0.0.1:${ports.token}`,
        RAUTH_LISTEN_GATEWAY: `127.0.0.1:${ports.gateway}`,
        RAUTH_LISTEN_GATEWAY_HTTP: `127.0.0.1:${ports.gatewayHttp}`,
        RAUTH_LISTEN_OPERATIONS: `127.0.0.1:${ports.operations}`,
      },
    })
    await untilReady(child, () =>
      ask(ports.operations, '/readyz').then(
        ({ status }) => status === 200,
        () => false,
      ),
    )
    return child
  }

  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'rauth-second-'))
    for (const name of Object.keys(ports) as (keyof typeof ports)[]) ports[name] = await freePort()
    admin = await envoyAdmin()
    stack = await startStack({
      ...({ registry: '3', registryAuth: true, envoy: true } as const),
      environment: DRAIN,
      editEnvoy(document) {
        admin.open(document)
        addEndpoint(document, 'rauth-gateway', ports.gateway)
        addEndpoint(document, 'rauth-token', ports.token)
      },
    })
    second = await startSecond()
    crane = await craneClient(stack.registry, stack.login('team-a'))
    const pushed = await crane.push('an image', `${stack.registry}/${REPOSITORY}:v1`)
    assert.equal(pushed.code, 0, pushed.output)
  })
  after(async () => {
    await crane.remove()
    await second.stop()
    await stack.stop()
    await rm(folder, { recursive: true, force: true })
  })

  const common = () => ({
    ...{ port: stack.entry, token: stack.entry, service: stack.service },
    ...{ login: stack.login('team-a'), repository: REPOSITORY },
  })
  const envoyKnows = (rauths: number) =>
    admin.untilHealthy(['rauth-gateway', 'rauth-token'], rauths)
  const tags = async (token: string) => {
    const headers = { authorization: `Bearer ${token}` }
    return (await ask(stack.entry, `/v2/${REPOSITORY}/tags/list`, { headers })).status
  }

  /** Half of it logins, half requests that the gateway lets through to the registry. */
  async function tokensAndChecks() {
    const agent = new Agent({ keepAlive: true, maxSockets: 64 })
    const { username, password } = stack.login('team-a')
    const scope = `repository:${REPOSITORY}:pull`
    const token = await fetchToken(stack.entry, { username, password }, stack.service, scope)
    const questions = [
      [`/token?service=${stack.service}&scope=${scope}`, basic(username, password)],
      [`/v2/${REPOSITORY}/tags/list`, `Bearer ${token}`],
    ] as const
    const paced = askPaced(RATE, async (number) => {
      const [target, authorization] = questions[number % 2 === 0 ? 0 : 1]
      const { status, body } = await ask(stack.entry, target, { agent, headers: { authorization } })
      if (status !== 200) throw new Error(`${target}: ${status} ${body}`)
    })
    return {
      ...paced,
      async stop() {
        await paced.stop()
        agent.destroy()
      },
    }
  }

  it(`are restarted in turn under ${RATE} requests a second, and none fails, nor a pull`, async (context) => {
    const paced = await tokensAndChecks()
    const pulls = new Map<string, Pulls>([
      ['tokens and checks', paced],
      ['pulls, each its token', pullOverAndOver({ ...common(), reuse: 0, pause: 50 })],
      ['pulls, kept tokens', pullOverAndOver({ ...common(), reuse: 20_000, pause: 50 })],
      ['crane', craneOverAndOver(crane, `${stack.registry}/${REPOSITORY}:v1`, 200)],
    ])
    try {
      await untilPulled(pulls, 3)
      assert.equal(await second.stop(30_000), true)
      assert.equal(await second.ended, 'exit code 0')
      await untilPulled(pulls, 3)
      second = await startSecond()
      await envoyKnows(2)
      assert.equal(await stack.stopRauth(), true)
      await untilPulled(pulls, 3)
      await stack.startRauth()
      await envoyKnows(2)
      await untilPulled(pulls, 3)
    } finally {
      await stopAll(pulls)
    }
    context.diagnostic(`${Math.round(paced.rate())} requests a second`)
    assert.ok(paced.rate() > RATE * 0.95)
    assertNoFailure(context, pulls, 10)
  })

  it('one that dies without a word costs a moment, and is asked no more', async (context) => {
    const kept = () => pullOverAndOver({ ...common(), reuse: 60_000 })
    await envoyKnows(2)
    const during = kept()
    await untilPulled(new Map([['kept tokens', during]]), 3)
    await second.kill()
    await envoyKnows(1)
    await during.stop()
    context.diagnostic(`pulls ${during.done()}, 503 ${during.failures.length}`)
    for (const failure of during.failures) assert.match(failure, /: 503 /)
    const afterwards = new Map<string, Pulls>([['kept tokens', kept()]])
    await untilPulled(afterwards, 50)
    await stopAll(afterwards)
    second = await startSecond()
    assertNoFailure(context, afterwards, 50)
  })

  for (const name of ['registry', 'envoy'] as const) {
    it(`a ${name} that is restarted is a pause, and no wrong answer`, async () => {
      const scope = `repository:${REPOSITORY}:pull`
      const token = await fetchToken(stack.entry, stack.login('team-a'), stack.service, scope)
      const foreign = await fetchToken(stack.entry, stack.login('team-b'), stack.service, scope)
      assert.equal(await tags(token), 200)
      const seen = new Map<number, number>()
      const refused = () => seen.get(403) ?? 0
      let over = false
      async function askAllTheTime(): Promise<void> {
        while (!over) {
          const status = await tags(foreign).catch(() => 0)
          seen.set(status, (seen.get(status) ?? 0) + 1)
          await sleep(20)
        }
      }
      const asking = askAllTheTime()
      try {
        await until('it is refused', 20_000, () => refused() > 0)
        await stack.restart(name)
        await until('pulls go on', 20_000, async () => (await tags(token).catch(() => 0)) === 200)
        const before = refused()
        await until('it is refused again', 20_000, () => refused() > before)
      } finally {
        over = true
        await asking
      }
      assert.ok(!seen.has(200), 'a token of another namespace was let through')
      const pulled = await crane.pull(`${stack.registry}/${REPOSITORY}:v1`)
      assert.equal(pulled.code, 0, pulled.output)
    })
  }
})
