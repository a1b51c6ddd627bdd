import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { readUnverified } from '../../src/token/unverified.ts'
import { craneClient, type CraneClient } from '../support/clients.ts'
import { ask, fetchToken } from '../support/http.ts'
import { gatewayAsked, untilLaneOpen } from '../support/lane-open.ts'
import { promised, watchStalls } from '../support/promised.ts'
import { startStack, type Stack } from '../support/stack.ts'

/** Seconds: short, so that a test sees its end. */
const WINDOW = 3
/** From a change to the first refusal of the gateway, milliseconds: what rauth promises. */
const PROMISED = 1_000

/** Of the window of a token, seconds since the epoch: it was issued in a whole second, maybe at the end of that. */
function endOf(token: string): number {
  return Number((readUnverified(token)?.payload ?? assert.fail())['iat']) + WINDOW
}

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
    await untilLaneOpen(stack)
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
  const asked = () => gatewayAsked(stack)

  /**
   * Measures what is about a token within its window; again, once what was done is undone, where that was over before,
   * as on a machine that is late: then it is a measure of nothing.
   */
  async function inWindow<T>(
    measure: (bearer: string) => Promise<T>,
    undo: () => Promise<unknown> = () => Promise.resolve(),
  ): Promise<T & { readonly bearer: string }> {
    for (let attempt = 0; attempt < 20; attempt += 1) {
      const bearer = await token()
      const measured = await measure(bearer)
      if (Date.now() / 1_000 < endOf(bearer)) return { ...measured, bearer }
      await undo()
    }
    return assert.fail('this machine does nothing within the window')
  }

  it('is asked nothing about a read by digest, and about a tag as ever', async () => {
    const { statuses, reads, tags } = await inWindow(async (bearer) => {
      const before = await asked()
      const statuses: number[] = []
      for (let i = 0; i < 10; i += 1) statuses.push(await read(bearer))
      const between = await asked()
      statuses.push(await read(bearer, 'manifests/v1'))
      return { statuses, reads: between - before, tags: (await asked()) - between }
    })
    assert.deepEqual([new Set(statuses), reads, tags], [new Set([200]), 0, 1])
  })

  it('asks the gateway again when the window is over', async () => {
    const { bearer, before, status, after } = await inWindow(async (bearer) => {
      return { before: await asked(), status: await read(bearer), after: await asked() }
    })
    assert.deepEqual([status, after], [200, before])
    await sleep((WINDOW + 0.1) * 1_000)
    assert.equal(await read(bearer), 200)
    assert.equal(await asked(), before + 1)
  })

  it('has a pull ask three times at most, however many layers there are', async () => {
    const { calls } = await inWindow(async () => {
      const before = await asked()
      const pulled = await owner.crane('pull', `${stack.registry}/team-a/app:v1`, '/dev/null')
      assert.equal(pulled.code, 0, pulled.output)
      return { calls: (await asked()) - before }
    })
    // The ping and the tag; the token in hand has the lane.
    assert.ok(calls <= 3, `the gateway was asked ${calls} times`)
  })

  it('goes on for the rest of the window when rauth is gone, and for no longer', async () => {
    const { bearer, statuses } = await inWindow(
      async (bearer) => {
        const before = await read(bearer)
        await stack.killRauth()
        return { statuses: [before, await read(bearer), await read(bearer, 'manifests/v1')] }
      },
      () => stack.startRauth(),
    )
    try {
      assert.deepEqual(statuses, [200, 200, 503])
      await promised('the end of the lane', (WINDOW + 1) * 1_000, async () => {
        return (await read(bearer)) !== 200
      })
      assert.equal(await read(bearer), 503)
    } finally {
      await stack.startRauth()
    }
  })

  it('ends a credential that is gone with the window and the second of the gateway', async (test) => {
    const bearer = await token()
    const secret = { ...stack.login('team-a') }
    const [since, stalls] = [performance.now(), watchStalls()]
    await stack.setPassword('team-a', 'another')
    const isOver = async () => (await read(bearer)) !== 200
    const limit = WINDOW * 1_000 + PROMISED
    const last = await promised('the end of the lane', limit, isOver, { since, stalls })
    test.diagnostic(`read until ${Math.round(last)} ms after its credential was gone`)
    assert.equal(await read(bearer), 401)
    await stack.setPassword('team-a', secret.password)
  })
})
