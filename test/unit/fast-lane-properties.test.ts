import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { createPolicy } from '../../src/policy/policy.ts'
import { accepted } from '../../src/refusal.ts'
import type { ClaimSet } from '../../src/token/claims.ts'
import type { FastLane } from '../../src/token/fast-lane.ts'
import { createIssuer } from '../../src/token/issuer.ts'
import { claimsOf, pullRule, startLane, WINDOW } from '../support/fast-lane.ts'
import { EXPIRY, type Flows } from '../support/flows.ts'
import { generatedAsker, generatedPolicy } from '../support/generated-policy.ts'

describe('the fast lane, whatever the rules', () => {
  it('never has what the gateway would refuse, whoever asks wherever and whenever in it', async () => {
    let open = 0
    const moment = fc.record({
      after: fc.nat({ max: WINDOW - 1 }),
      address: fc.constantFrom(undefined, '10.1.2.3', '192.168.0.1', 'fd00::1'),
      method: fc.constantFrom('GET', 'HEAD'),
    })
    const issued = fc.constantFrom(1_790_000_000, 1_999_999_990, 2_100_000_000)
    // Few rules allow anything whatever is asked: so one that does stands behind them.
    const behind = pullRule({ match: { name: '**' }, anonymous: true })
    const policies = generatedPolicy.map(({ rules, shadows }) =>
      createPolicy([...rules, behind], shadows),
    )
    const made = fc.tuple(policies, generatedAsker, issued, moment)
    await fc.assert(
      fc.asyncProperty(made, async ([policy, { account, holders }, issuedAt, when]) => {
        const { flows, fastLane } = startLane([], policy)
        const told = { id: 'source', generation: 'g' }
        flows.sources([], [told])
        const labels = (held: (typeof holders)[number]) =>
          Object.fromEntries(policy.labels.map((label) => [label, held.labels?.[label] ?? []]))
        const credentials = holders.map(({ actions: _, ...holder }) => ({
          ...told,
          holder: { ...holder, labels: labels(holder) },
        }))
        const claims = claimsOf({
          ...{ issuedAt, notBefore: issuedAt, expiresAt: issuedAt + EXPIRY },
          ...{ subject: holders.length === 0 ? '' : account, credentials },
          namespaces: [],
          access: NAMES.map((name) => ({ type: 'repository', name, actions: ['pull'] })),
        })
        const lane = fastLane(claims)
        if (lane === undefined) return
        open += 1
        await agreesWithGateway(flows, { ...claims, fastLane: lane }, when)
      }),
      { numRuns: 1_000 },
    )
    assert.ok(open > 200, `the lane was open ${open} times only`)
  })
})

const HEX = '0'.repeat(64)
const NAMES = ['library/base', 'team-a/app', 'team-a/x/y', 'team-b/app']

interface Moment {
  /** Seconds since the issue. */
  readonly after: number
  readonly address: string | undefined
  readonly method: string
}

async function agreesWithGateway(
  flows: Flows,
  claims: ClaimSet,
  { after, address, method }: Moment,
): Promise<void> {
  const lane: FastLane | undefined = claims.fastLane
  assert.ok(lane !== undefined)
  const headers = { 'x-rauth-account': lane.account, 'x-rauth-namespace': lane.namespace }
  const issuer = createIssuer({ keys: flows.keys, x5c: false })
  const { token } = await issuer.sign(claims)
  const time = claims.issuedAt + after
  if (time >= lane.until) return
  flows.at(time)
  for (const path of lane.paths) {
    const { result } = await flows.checkAccess(
      accepted({ method, target: path + HEX, authorization: `Bearer ${token}` }),
      { method, ...(address === undefined ? {} : { address }) },
    )
    assert.ok(result.ok, `${path}: ${JSON.stringify(result)}`)
    assert.deepEqual(result.value.headers, headers)
    assert.equal(flows.events.at(-1)?.shadow, undefined)
  }
}
