import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { craneClient, type CraneClient } from '../support/clients.ts'
import { ask, fetchToken } from '../support/http.ts'
import { startStack, type Stack } from '../support/stack.ts'

/** Seconds: short, so that a test sees its end. */
const WINDOW = 3
/** From a change to the first refusal of the gateway, milliseconds: what rauth promises. */
const PROMISED = 1_000

/** The whole deployment as it is shipped, with the fast lane: what it saves, and when it ends. */
describe('a deployment with the fast lane', () => {
  let stack: Stack
  let owner: CraneClient
  let blob: string
  before(async () => {
    stack = await startStack({
      ...{ registry: '3', registryAuth: true, envoy: true, fastLane: true },
      environment: { RAUTH_GUESSING_FAILURES: '0', RAUTH_GUESSING_PER_NETWORK: '0' },
      settings: { gateway: { fastLane: { enabled: true, window: WINDOW } } },
    })
    owner = await craneClient(stack.registry, stack.login('team-a'))
    const pushed = await owner.push('lane', `${stack.registry}/team-a/app:v1`)
    assert.equal(pushed.code, 0, pushed.output)
    const manifest = await ask(stack.entry, '/v2/team-a/app/manifests/v1', {
      headers: { authorization: `Bearer ${await token()}`, accept: '*/*' },
    })
    const { layers } = JSON.parse(manifest.body) as { layers: { digest: string }[] }
    blob = layers[0]?.digest ?? ''
  })
  after(async () => {
    await owner.remove()
    await stack.stop()
  })

  const token = () =>
    fetchToken(
      ...([stack.token, stack.login('team-a'), stack.service] as const),
      'repository:team-a/app:pull',
    )
  const read = async (bearer: string, reference = `blobs/${blob}`) => {
    const headers = { authorization: `Bearer ${bearer}`, accept: '*/*' }
    const target = `/v2/team-a/app/${reference}`
    return (await ask(stack.entry, target, { method: 'HEAD', headers })).status
  }
  /** How often the gateway was asked. */
  async function asked(): Promise<number> {
    const { body } = await ask(stack.operations, '/metrics')
    return [...body.matchAll(/^rauth_decisions_total\{[^}]*half="gateway"[^}]*\} (\d+)$/gm)]
      .map(([, count]) => Number(count))
      .reduce((sum, count) => sum + count, 0)
  }

  it('is asked nothing about a read by digest, and about a tag as ever', async () => {
    const bearer = await token()
    const before = await asked()
    for (let i = 0; i < 10; i += 1) assert.equal(await read(bearer), 200)
    assert.equal(await asked(), before)
    assert.equal(await read(bearer, 'manifests/v1'), 200)
    assert.equal(await asked(), before + 1)
  })

  it('asks the gateway again when the window is over', async () => {
    const bearer = await token()
    const before = await asked()
    assert.equal(await read(bearer), 200)
    assert.equal(await asked(), before)
    await sleep((WINDOW + 0.1) * 1_000)
    assert.equal(await read(bearer), 200)
    assert.equal(await asked(), before + 1)
  })

  it('has a pull ask three times at most, however many layers there are', async () => {
    const before = await asked()
    const pulled = await owner.crane('pull', `${stack.registry}/team-a/app:v1`, '/dev/null')
    assert.equal(pulled.code, 0, pulled.output)
    const calls = (await asked()) - before
    // The ping and the tag; the token in hand has the lane.
    assert.ok(calls <= 3, `the gateway was asked ${calls} times`)
  })

  it('goes on for the rest of the window when rauth is gone, and for no longer', async () => {
    const bearer = await token()
    assert.equal(await read(bearer), 200)
    await stack.killRauth()
    try {
      assert.equal(await read(bearer), 200)
      assert.equal(await read(bearer, 'manifests/v1'), 503)
      const begin = performance.now()
      while ((await read(bearer)) === 200) {
        assert.ok(performance.now() - begin < (WINDOW + 1) * 1_000, 'the lane did not end')
        await sleep(50)
      }
      assert.equal(await read(bearer), 503)
    } finally {
      await stack.startRauth()
    }
  })

  it('ends a credential that is gone with the window and the second of the gateway', async (test) => {
    const bearer = await token()
    const secret = { ...stack.login('team-a') }
    const begin = performance.now()
    await stack.setPassword('team-a', 'another')
    let last = begin
    while ((await read(bearer)) === 200) {
      last = performance.now()
      assert.ok(last - begin < (WINDOW + 5) * 1_000, 'the lane did not end')
      await sleep(20)
    }
    const took = last - begin
    test.diagnostic(`read for ${Math.round(took)} ms after its credential was gone`)
    assert.equal(await read(bearer), 401)
    assert.ok(took <= WINDOW * 1_000 + PROMISED, `${took} ms`)
    await stack.setPassword('team-a', secret.password)
  })
})
