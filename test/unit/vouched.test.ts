import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { vouchedSubject } from '../../src/credentials/vouchers.ts'
import type { Answer } from '../../src/credentials/source.ts'
import { compileRule, type MatchSource } from '../../src/policy/compile-rule.ts'
import { createPolicy } from '../../src/policy/policy.ts'
import { accepted } from '../../src/refusal.ts'
import type { Vouched } from '../../src/subject.ts'
import { EXPIRY, NOW, startFlows, type Flows } from '../support/flows.ts'

const SOURCE = { id: 'oidc:ci', generation: 'g1' }

const policyOf = (...rules: readonly (readonly [MatchSource, readonly string[]])[]) =>
  createPolicy(rules.map(([match, actions], i) => compileRule({ id: `${i}`, match, actions })))

/** Flows with a source that knows `ci` by its password and says this of it. */
function start(said: Vouched & { readonly until?: number }): Flows {
  const flows = startFlows([])
  const { until, ...vouched } = said
  const subject = vouchedSubject('ci', SOURCE, vouched)
  flows.sources(
    [
      {
        name: 'ci',
        ask: ({ password }): Promise<Answer> =>
          Promise.resolve(
            password.reveal() === 'right'
              ? { kind: 'yes', subject: { ...subject, ...(until === undefined ? {} : { until }) } }
              : { kind: 'not-mine', detail: 'strange' },
          ),
      },
    ],
    [SOURCE],
  )
  flows.policy(policyOf([{ labels: { team: '*' }, name: '${labels:team}/**' }, ['pull']]))
  return flows
}

async function pull(flows: Flows, token: string, name = 'a/app'): Promise<string> {
  const { result } = await flows.checkAccess(
    accepted({
      method: 'GET',
      target: `/v2/${name}/manifests/v1`,
      authorization: `Bearer ${token}`,
    }),
    {},
  )
  return result.ok ? 'allowed' : result.refusal.reason
}

describe('whoever a source vouches for', () => {
  const TEAM = { labels: { team: ['a'], other: ['secret'] } }
  const SCOPE = 'repository:a/app:pull'

  it('has what the policy gives the labels, at the gateway too', async () => {
    const flows = start(TEAM)
    const token = await flows.tokenFor('ci', 'right', SCOPE)
    assert.equal(await pull(flows, token), 'allowed')
    assert.equal(await pull(flows, token, 'b/app'), 'access_denied')
    const payload = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()
    assert.ok(payload.includes('"team":["a"]') && !payload.includes('secret'))
  })

  it('has a namespace if it is given one', async () => {
    const flows = start({ namespace: 'a' })
    flows.policy(policyOf([{ name: '${namespace}/**' }, ['pull']]))
    assert.equal(await pull(flows, await flows.tokenFor('ci', 'right', SCOPE)), 'allowed')
    assert.deepEqual(flows.events.at(-1)?.namespaces, ['a'])
  })

  it('loses all when the source is configured otherwise, or is gone', async () => {
    const flows = start(TEAM)
    const token = await flows.tokenFor('ci', 'right', SCOPE)
    for (const now of [[{ ...SOURCE, generation: 'g2' }], []]) {
      flows.sources([], now)
      assert.equal(await pull(flows, token), 'credential_revoked')
    }
  })

  it('needs another token when the policy begins to ask for a label that this one tells not', async () => {
    const flows = start(TEAM)
    const token = await flows.tokenFor('ci', 'right', SCOPE)
    flows.policy(
      policyOf(
        [{ labels: { other: 'secret' } }, []],
        [{ labels: { team: '*' }, name: '${labels:team}/**' }, ['pull']],
      ),
    )
    assert.equal(await pull(flows, token), 'credential_revoked')
    const next = await flows.tokenFor('ci', 'right', SCOPE)
    assert.equal(await pull(flows, next), 'access_denied')
  })

  it('has tokens that end no later than what it proved itself with', async () => {
    const cases = [
      [NOW + 100.2, 100],
      [NOW + 9999, EXPIRY],
      [NOW + 1, 1],
    ] as const
    for (const [until, left] of cases) {
      const { result } = await start({ ...TEAM, until }).login('ci', 'right', SCOPE)
      assert.equal(result.ok && result.value.expiresIn, left)
    }
    const { result } = await start({ ...TEAM, until: NOW }).login('ci', 'right', SCOPE)
    assert.equal(result.ok || result.refusal.reason, 'credentials_invalid')
  })

  it('has no refresh token', async () => {
    const { result } = await start(TEAM).login('ci', 'right', SCOPE, { offline: true })
    assert.equal(result.ok && result.value.refreshToken, undefined)
  })
})
