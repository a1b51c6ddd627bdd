import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createPolicy, type Policy } from '../../src/policy/policy.ts'
import { networkOf } from '../../src/policy/network.ts'
import { accepted } from '../../src/refusal.ts'
import { parseScopes } from '../../src/registry/scope.ts'
import type { FastLane } from '../../src/token/fast-lane.ts'
import { claimsOf, ISSUED, pullRule, startLane, WINDOW } from '../support/fast-lane.ts'
import {
  NOBODY,
  NOW,
  OTHER_SERVICE,
  person,
  presentPassword,
  SERVICE,
  startFlows,
} from '../support/flows.ts'

const teamA = person('team-a', 'canary-a')
/** What a token says for Envoy. */
async function laneOf(
  { flows, issueToken }: ReturnType<typeof startLane>,
  scope: string,
  { nobody = false, service = SERVICE } = {},
): Promise<FastLane | undefined> {
  const requested = parseScopes(scope.split(' '))
  assert.ok(requested.ok)
  const presented = nobody ? NOBODY : presentPassword('team-a', 'canary-a')
  const { result } = await issueToken(
    accepted({ service, requested: requested.value, presented, account: '', offline: false }),
    {},
  )
  assert.ok(result.ok, JSON.stringify(result))
  const verified = flows.deps.verifier.verify(result.value.token)
  assert.ok(verified.ok, JSON.stringify(verified))
  return verified.value.claims.fastLane
}

const pathsOf = (...names: string[]) =>
  names.flatMap((name) => [`/v2/${name}/blobs/sha256:`, `/v2/${name}/manifests/sha256:`])

describe('the fast lane', () => {
  it('says what Envoy needs, and nothing else', async () => {
    assert.deepEqual(await laneOf(startLane([teamA]), 'repository:team-a/app:pull'), {
      until: ISSUED + WINDOW,
      paths: pathsOf('team-a/app'),
      account: 'team-a',
      namespace: 'team-a',
    })
  })

  it('is not there unless it is configured', async () => {
    const flows = startFlows([teamA])
    const token = await flows.tokenFor('team-a', 'canary-a', 'repository:team-a/app:pull')
    const verified = flows.deps.verifier.verify(token)
    assert.ok(verified.ok)
    assert.equal(verified.value.claims.fastLane, undefined)
  })

  const SCOPES: readonly (readonly [scope: string, names: readonly string[]])[] = [
    ['repository:team-a/app:pull', ['team-a/app']],
    ['repository:team-a/app:pull repository:team-b/app:pull', ['team-a/app']],
    ['repository:library/x:pull repository:shared/x:pull', ['library/x', 'shared/x']],
    ['repository:team-a/blobs:pull', ['team-a/blobs']],
    // A token that can do more lives longer, and is presented for more.
    ['repository:team-a/app:pull,push', []],
    ['repository:team-a/app:pull repository:team-a/other:push', []],
    ['repository:team-a/app:*', []],
    ['repository:team-a/app:delete', []],
    ['repository:team-b/app:pull', []],
    ['', []],
    // As many as Envoy looks at.
    [[1, 2, 3, 4].map((n) => `repository:team-a/r${n}:pull`).join(' '), ['r1', 'r2', 'r3', 'r4']],
    [[1, 2, 3, 4, 5].map((n) => `repository:team-a/r${n}:pull`).join(' '), []],
  ]
  for (const [scope, names] of SCOPES) {
    it(`has ${names.join(', ') || 'nothing'} for ${scope || 'a login'}`, async () => {
      const full = names.map((name) => (name.includes('/') ? name : `team-a/${name}`))
      const lane = await laneOf(startLane([teamA]), scope)
      assert.deepEqual(lane?.paths ?? [], pathsOf(...full))
    })
  }

  it('has what is public for nobody, under the names that the gateway has for nobody', async () => {
    assert.deepEqual(
      await laneOf(startLane([teamA]), 'repository:library/x:pull', { nobody: true }),
      {
        until: ISSUED + WINDOW,
        paths: pathsOf('library/x'),
        account: '-',
        namespace: '-',
      },
    )
  })

  it('is for the registry of the gateway alone', async () => {
    const service = OTHER_SERVICE
    const lane = await laneOf(startLane([teamA]), 'repository:team-a/app:pull', { service })
    assert.equal(lane, undefined)
  })

  const ENDS: readonly (readonly [end: number, until: number | undefined])[] = [
    [ISSUED + 1000, ISSUED + WINDOW],
    [ISSUED + 10, ISSUED + 10],
    [ISSUED + 10.7, ISSUED + 10],
    [NOW + 0.1, undefined],
  ]
  for (const [notAfter, until] of ENDS) {
    it(`ends with its credential, ${(notAfter - ISSUED).toFixed(1)} s after the issue`, async () => {
      const lane = await laneOf(startLane([{ ...teamA, notAfter }]), 'repository:team-a/app:pull')
      assert.equal(lane?.until, until)
    })
  }

  it('ends with its token', () => {
    const { fastLane } = startLane([teamA])
    const lane = fastLane(claimsOf({ expiresAt: ISSUED + 7, subject: '', credentials: [] }))
    assert.equal(lane?.until, ISSUED + 7)
  })

  const CONDITIONS: readonly (readonly [name: string, policy: Policy, open: boolean])[] = [
    ['a rule without conditions', createPolicy([pullRule({})]), true],
    ['tags that are written once', createPolicy([pullRule({ immutable: ['v*'] })]), true],
    [
      'a rule for a network',
      createPolicy([pullRule({ match: { network: networkOf('0.0.0.0', 0) } })]),
      false,
    ],
    [
      'a rule for hours',
      createPolicy([pullRule({ match: { hours: { from: 0, to: 1440 } } })]),
      false,
    ],
    ['a rule for tags', createPolicy([pullRule({ match: { tags: ['**'] } })]), false],
    [
      'a rule for hours before one without',
      createPolicy([pullRule({ match: { hours: { from: 0, to: 60 } } }), pullRule({})]),
      true,
    ],
    [
      'a network that is denied first',
      createPolicy([
        pullRule({ match: { network: networkOf('10.0.0.0', 8) }, actions: [] }),
        pullRule({}),
      ]),
      false,
    ],
    [
      'a tag that is denied first',
      createPolicy([pullRule({ match: { tags: ['old'] }, actions: [] }), pullRule({})]),
      false,
    ],
    [
      'another repository that is denied first',
      createPolicy([pullRule({ match: { name: 'team-a/secret' }, actions: [] }), pullRule({})]),
      true,
    ],
    [
      'a rule in shadow that would deny',
      createPolicy([pullRule({ actions: [], shadow: true }), pullRule({})]),
      false,
    ],
    ['a namespace in shadow', createPolicy([], [pullRule({})]), false],
  ]
  for (const [name, policy, open] of CONDITIONS) {
    it(`is ${open ? 'open' : 'closed'} under ${name}`, async () => {
      const lane = await laneOf(startLane([teamA], policy), 'repository:team-a/app:pull')
      assert.equal(lane !== undefined, open)
    })
  }

  it('is closed for credentials that may not pull, and open for those that may nothing else', async () => {
    for (const [actions, open] of [
      [['pull'], true],
      [['push'], false],
    ] as const) {
      const lane = await laneOf(startLane([{ ...teamA, actions }]), 'repository:team-a/app:pull')
      assert.equal(lane !== undefined, open, actions.join())
    }
  })

  it('is closed for what whoever else decides has allowed', () => {
    const { fastLane } = startLane([teamA], createPolicy([], [], { anonymous: true }))
    const access = [{ type: 'repository', name: 'team-x/app', actions: ['pull'] }]
    assert.equal(fastLane(claimsOf({ access, decided: access })), undefined)
  })

  it('gives way where the token would be too long', async () => {
    const name = (n: number) => `team-a/${'x'.repeat(248 - 8)}${n}`
    const people = [{ ...teamA, username: 'a'.repeat(2_500) }]
    const { flows, issueToken } = startLane(people)
    const requested = [1, 2, 3, 4].map((n) => ({
      ...{ type: 'repository', name: name(n), actions: ['pull'] },
    }))
    const presented = presentPassword(people[0]?.username ?? '', 'canary-a')
    const { result } = await issueToken(
      accepted({ service: SERVICE, requested, presented, account: '', offline: false }),
      {},
    )
    assert.ok(result.ok)
    const verified = flows.deps.verifier.verify(result.value.token)
    assert.ok(verified.ok)
    assert.equal(verified.value.claims.fastLane, undefined)
  })
})
