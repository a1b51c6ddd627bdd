import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { stringify } from 'yaml'
import { craneClient, type CraneClient } from '../support/clients.ts'
import { ask, fetchToken } from '../support/http.ts'
import { startStack, type Stack } from '../support/stack.ts'
import { until } from '../support/until.ts'

/** Longest from a change to the first refusal, milliseconds: what rauth promises. */
const PROMISED = 1_000

describe('revocation at the gateway, while an image is pulled over and over', () => {
  let stack: Stack
  let owner: CraneClient
  before(async () => {
    stack = await startStack({
      ...{ registry: '3', registryAuth: true, envoy: true },
      // It asks again and again until a Secret is there again.
      environment: { RAUTH_GUESSING_FAILURES: '0', RAUTH_GUESSING_PER_NETWORK: '0' },
    })
    owner = await craneClient(stack.registry, stack.login('team-a'))
    const pushed = await owner.push('revoked', `${stack.registry}/team-a/app:v1`)
    assert.equal(pushed.code, 0, pushed.output)
  })
  after(async () => {
    await owner.remove()
    await stack.stop()
  })

  const pull = async (token: string, namespace = 'team-a') => {
    const path = `/v2/${namespace}/app/manifests/v1`
    const headers = { authorization: `Bearer ${token}`, accept: '*/*' }
    return ask(stack.entry, path, { headers })
  }
  const tokenOf = (namespace: string) =>
    fetchToken(
      ...([stack.token, stack.login(namespace), stack.service] as const),
      `repository:${namespace}/app:pull`,
    )
  const manifest = (values: object) =>
    stringify({
      ...{ apiVersion: 'v1', kind: 'Secret' },
      metadata: { name: 'registry-credentials', namespace: 'team-a' },
      stringData: { ...stack.login('team-a'), ...values },
    })

  /** Pulls until the first refusal; milliseconds from the change to it. */
  async function untilRefused(what: string, change: () => Promise<void>): Promise<number> {
    const token = await tokenOf('team-a')
    const other = await tokenOf('team-b')
    for (let i = 0; i < 20; i += 1) assert.equal((await pull(token)).status, 200)
    const begin = performance.now()
    await change()
    for (;;) {
      const answer = await pull(token)
      const took = performance.now() - begin
      if (answer.status === 401) {
        assert.match(answer.body, /"reason":"credential_revoked"/)
        assert.equal((await pull(other, 'team-b')).status, 404, 'team-b goes on')
        process.stdout.write(`# ${what}: ${took.toFixed(0)} ms to the first 401\n`)
        return took
      }
      assert.equal(answer.status, 200, answer.body)
      assert.ok(took < 20 * PROMISED, `${what} is never refused`)
    }
  }

  const CHANGES: readonly (readonly [what: string, change: () => Promise<void>])[] = [
    ['a password that changed', () => stack.setPassword('team-a', 'another long password')],
    ['a Secret that is deleted', () => stack.removeSecret('team-a')],
    ['a Secret that can not be read', () => stack.writeSecret('team-a', 'kind: Secret')],
    [
      'an entry whose end has come',
      () => stack.writeSecret('team-a', manifest({ notAfter: '2020-01-01T00:00:00Z' })),
    ],
  ]
  for (const [what, change] of CHANGES) {
    it(`ends the tokens of ${what}`, async () => {
      const { password } = stack.login('team-a')
      const took = await untilRefused(what, change)
      assert.ok(took < PROMISED, `${took.toFixed(0)} ms`)
      await stack.setPassword('team-a', password)
      await until('it is let in again', 20_000, async () => {
        const token = await tokenOf('team-a').catch(() => undefined)
        return token !== undefined && (await pull(token)).status === 200
      })
    })
  }

  it('refuses a push at once when an entry may only pull', async () => {
    const token = await fetchToken(
      ...([stack.token, stack.login('team-a'), stack.service] as const),
      'repository:team-a/app:pull,push',
    )
    const push = () =>
      ask(stack.entry, '/v2/team-a/app/blobs/uploads/', {
        ...{ method: 'POST', headers: { authorization: `Bearer ${token}` } },
      })
    assert.equal((await push()).status, 202)
    await stack.writeSecret('team-a', manifest({ actions: 'pull' }))
    for (let i = 0; ; i += 1) {
      const { status } = await push()
      if (status === 403) break
      assert.equal(status, 202)
      assert.ok(i < 500, 'it goes on')
    }
    assert.equal((await pull(token)).status, 200, 'and pulls go on')
  })

  it('keeps the tokens of a previous password until its end, and no longer', async () => {
    const token = await tokenOf('team-a')
    const { password } = stack.login('team-a')
    const end = new Date(Date.now() + 3_000)
    const rotated = {
      password: 'the new password of team-a',
      previousPassword: password,
      previousPasswordNotAfter: end.toISOString(),
    }
    await stack.writeSecret('team-a', manifest(rotated))
    for (;;) {
      const asked = Date.now()
      const answer = await pull(token)
      if (answer.status === 401) {
        assert.ok(Date.now() >= end.getTime(), 'ended early')
        return
      }
      assert.equal(answer.status, 200, answer.body)
      assert.ok(asked < end.getTime() + PROMISED, 'goes on after its end')
    }
  })
})
