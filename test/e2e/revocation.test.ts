import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { stringify } from 'yaml'
import { craneClient, type CraneClient } from '../support/clients.ts'
import { ask, fetchToken } from '../support/http.ts'
import { promised, watchStalls } from '../support/promised.ts'
import { startStack, type Stack } from '../support/stack.ts'
import { until } from '../support/until.ts'

/** Longest from a change to the last pull that begins and is let through, milliseconds: what rauth promises. */
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

  /** Pulls until the first refusal. */
  async function untilRefused(what: string, change: () => Promise<void>): Promise<void> {
    const token = await tokenOf('team-a')
    const other = await tokenOf('team-b')
    for (let i = 0; i < 20; i += 1) assert.equal((await pull(token)).status, 200)
    const [since, stalls] = [performance.now(), watchStalls()]
    await change()
    const isRefused = async () => {
      const answer = await pull(token)
      if (answer.status === 401) assert.match(answer.body, /"reason":"credential_revoked"/)
      else assert.equal(answer.status, 200, answer.body)
      return answer.status === 401
    }
    const last = await promised(what, PROMISED, isRefused, { since, stalls })
    process.stdout.write(`# ${what}: the last pull began ${last.toFixed(0)} ms after it\n`)
    assert.equal((await pull(other, 'team-b')).status, 404, 'team-b goes on')
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
      await untilRefused(what, change)
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
    await promised('the end of pushes', PROMISED, async () => {
      const { status } = await push()
      assert.ok(status === 202 || status === 403, String(status))
      return status === 403
    })
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
    const left = end.getTime() - Date.now()
    await promised('the end of the previous password', left + PROMISED, async () => {
      const answer = await pull(token)
      if (answer.status === 401) assert.ok(Date.now() >= end.getTime(), 'ended early')
      else assert.equal(answer.status, 200, answer.body)
      return answer.status === 401
    })
  })
})
