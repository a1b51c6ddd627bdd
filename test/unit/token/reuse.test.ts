import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ClaimSet } from '../../../src/token/claims.ts'
import { createIssuer, type Issuer } from '../../../src/token/issuer.ts'
import { createKeySet, type SigningKeySet } from '../../../src/token/key-set.ts'
import { reusing } from '../../../src/token/reuse.ts'
import { throwAwayKey } from '../../support/signing-keys.ts'

const key = await throwAwayKey('ES256', 0)
const younger = await throwAwayKey('ES256', 2000)
const keys = createKeySet([key])

/** Claims of a moment, for a lifetime of 300 s unless another is given. */
function claimsAt(now: number, changes: Partial<ClaimSet> = {}): ClaimSet {
  return {
    ...{ issuer: 'rauth', subject: 'team-a', audience: 'internal-registry.io' },
    ...{ expiresAt: now + 300, notBefore: now, issuedAt: now, id: `id-${now}` },
    access: [{ type: 'repository', name: 'team-a/app', actions: ['pull'] }],
    namespaces: ['team-a'],
    credentials: [{ id: 'team-a/registry-credentials', generation: 'g1' }],
    ...changes,
  }
}

function reuser(issuer: Issuer = createIssuer({ keys, x5c: false }), set: SigningKeySet = keys) {
  return reusing(issuer, { keys: set, age: 5, size: 100 })
}

describe('reusing', () => {
  it('gives the same token for the same, and what that token says', async () => {
    const issuer = reuser()
    const first = await issuer.sign(claimsAt(1000))
    const second = await issuer.sign(claimsAt(1005))
    assert.equal(second.token, first.token)
    assert.equal(second.claims.id, 'id-1000')
    assert.equal(second.claims.expiresAt, 1300)
  })

  it('makes a new one for another fast lane, whose end is that of the token that is there', async () => {
    const issuer = reuser()
    const lane = (now: number, ...paths: string[]) => ({
      fastLane: { until: now + 30, paths, account: 'team-a', namespace: 'team-a' },
    })
    const first = await issuer.sign(claimsAt(1000, lane(1000, '/v2/team-a/app/blobs/sha256:')))
    const same = await issuer.sign(claimsAt(1004, lane(1004, '/v2/team-a/app/blobs/sha256:')))
    assert.equal(same.token, first.token)
    assert.equal(same.claims.fastLane?.until, 1030)
    assert.notEqual((await issuer.sign(claimsAt(1004))).token, first.token)
    const wider = await issuer.sign(claimsAt(1004, lane(1004, '/v2/team-b/app/blobs/sha256:')))
    assert.notEqual(wider.token, first.token)
  })

  it('makes a new one when more than a quarter of the fast lane is over', async () => {
    const issuer = reuser()
    const lane = (now: number) => ({
      fastLane: { until: now + 8, paths: ['/v2/a/b/blobs/sha256:'], account: 'a', namespace: 'a' },
    })
    const first = await issuer.sign(claimsAt(1000, lane(1000)))
    assert.equal((await issuer.sign(claimsAt(1002, lane(1002)))).token, first.token)
    assert.notEqual((await issuer.sign(claimsAt(1003, lane(1003)))).token, first.token)
  })

  it('says of each whether it needed no signature', async () => {
    const told: boolean[] = []
    const issuer = reusing(createIssuer({ keys, x5c: false }), {
      ...{ keys, age: 5, size: 100, onLookup: (known: boolean) => told.push(known) },
    })
    for (const now of [1000, 1005, 1006]) await issuer.sign(claimsAt(now))
    assert.deepEqual(told, [false, true, false])
  })

  it('makes a new one once the old one is too old', async () => {
    const issuer = reuser()
    const first = await issuer.sign(claimsAt(1000))
    const second = await issuer.sign(claimsAt(1006))
    assert.notEqual(second.token, first.token)
    assert.equal((await issuer.sign(claimsAt(1008))).token, second.token)
  })

  it('makes a new one when less than nine tenths, or less than a minute, is left', async () => {
    for (const [lifetime, good, bad] of [
      [70, 5, undefined],
      [62, 2, 3],
      [60, 0, 1],
    ] as const) {
      const issuer = reuser()
      const at = (now: number) => issuer.sign(claimsAt(now, { expiresAt: now + lifetime }))
      const first = await at(1000)
      assert.equal((await at(1000 + good)).token, first.token, `${lifetime} s, after ${good}`)
      if (bad !== undefined) {
        assert.notEqual((await at(1000 + bad)).token, first.token, `${lifetime} s, after ${bad}`)
      }
    }
  })

  it('gives none from the future when the clock was set back', async () => {
    const issuer = reuser()
    const first = await issuer.sign(claimsAt(1000))
    assert.notEqual((await issuer.sign(claimsAt(999))).token, first.token)
  })

  const others: readonly (readonly [string, Partial<ClaimSet>])[] = [
    ['issuer', { issuer: 'other' }],
    ['subject', { subject: 'team-b' }],
    ['audience', { audience: 'other' }],
    ['lifetime', { expiresAt: 1900 }],
    ['access', { access: [{ type: 'repository', name: 'team-a/app', actions: ['push'] }] }],
    ['no access', { access: [] }],
    ['namespaces', { namespaces: ['team-a', 'team-b'] }],
    ['generation', { credentials: [{ id: 'team-a/registry-credentials', generation: 'g2' }] }],
    ['credential', { credentials: [{ id: 'team-b/registry-credentials', generation: 'g1' }] }],
  ]
  for (const [what, changes] of others) {
    it(`never gives it for another ${what}`, async () => {
      const issuer = reuser()
      const first = await issuer.sign(claimsAt(1000))
      const other = await issuer.sign(claimsAt(1000, changes))
      assert.notEqual(other.token, first.token)
      assert.deepEqual(other.claims, claimsAt(1000, changes))
    })
  }

  it('gives none of a key that does not sign any more', async () => {
    let set = keys
    const current: SigningKeySet = {
      active: (at) => set.active(at),
      find: (kid) => set.find(kid),
      jwks: () => set.jwks(),
    }
    const issuer = reuser(createIssuer({ keys: current, x5c: false }), current)
    const first = await issuer.sign(claimsAt(3000))
    set = createKeySet([younger])
    const second = await issuer.sign(claimsAt(3001))
    assert.equal(first.keyId, key.kid)
    assert.equal(second.keyId, younger.kid)
  })

  it('signs once for many at the same time', async () => {
    let signatures = 0
    const inner = createIssuer({ keys, x5c: false })
    const issuer = reuser({
      sign(claims) {
        signatures += 1
        return inner.sign(claims)
      },
    })
    const all = await Promise.all(Array.from({ length: 20 }, () => issuer.sign(claimsAt(1000))))
    assert.equal(signatures, 1)
    assert.equal(new Set(all.map(({ token }) => token)).size, 1)
  })

  it('does not remember a failure', async () => {
    let broken = true
    const inner = createIssuer({ keys, x5c: false })
    const issuer = reuser({
      sign: (claims) => (broken ? Promise.reject(new Error('no key')) : inner.sign(claims)),
    })
    await assert.rejects(issuer.sign(claimsAt(1000)), /no key/)
    broken = false
    assert.equal((await issuer.sign(claimsAt(1000))).claims.id, 'id-1000')
  })

  it('remembers fewer of long ones, so that nobody fills the memory with them', async () => {
    const issuer = reusing(createIssuer({ keys, x5c: false }), { keys, age: 5, size: 10 })
    const long = (subject: string, length: number) =>
      claimsAt(1000, {
        subject,
        access: [{ type: 'repository', name: 'x'.repeat(length), actions: ['pull'] }],
      })
    const first = await issuer.sign(long('a', 5_000))
    assert.equal((await issuer.sign(long('a', 5_000))).token, first.token)
    await issuer.sign(long('b', 5_000))
    assert.notEqual((await issuer.sign(long('a', 5_000))).token, first.token)
    const longest = await issuer.sign(long('c', 11_000))
    assert.notEqual((await issuer.sign(long('c', 11_000))).token, longest.token)
  })

  it('forgets the oldest when there are too many', async () => {
    const issuer = reusing(createIssuer({ keys, x5c: false }), { keys, age: 5, size: 2 })
    const first = await issuer.sign(claimsAt(1000, { subject: 'a' }))
    await issuer.sign(claimsAt(1000, { subject: 'b' }))
    await issuer.sign(claimsAt(1000, { subject: 'c' }))
    assert.notEqual((await issuer.sign(claimsAt(1001, { subject: 'a' }))).token, first.token)
  })
})
