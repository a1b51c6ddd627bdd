import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { applyStep } from '../../../src/control/apply.ts'
import { isOwned, mayAdopt, ROTATE } from '../../../src/control/marks.ts'
import type { Observed, ObservedSecret } from '../../../src/control/observed.ts'
import { plan } from '../../../src/control/plan.ts'
import type { PlanContext } from '../../../src/control/settings.ts'
import type { Step } from '../../../src/control/step.ts'
import { anyObserved, anySettings } from '../../support/control/arbitraries.ts'
import {
  contextOf,
  EMPTY,
  foreign,
  letsIn,
  NOW,
  pullLogin,
  SETTINGS,
  valuesOf,
} from '../../support/control/world.ts'

const DOCKER = 'kubernetes.io/dockerconfigjson'
const settings = { rotateAfter: 3_600, publishAhead: 30, serviceAccounts: ['default'] }

type Contexts = (now: number) => PlanContext

/** A namespace whose API server gives each write the next version, and refuses what is of another. */
class World {
  observed: Observed
  version = 1_000
  readonly steps: Step[] = []

  constructor(observed: Observed) {
    this.observed = observed
  }

  /** As one of several writers does, who planned it a while ago: false where that is too late. */
  write(step: Step): boolean {
    if (step.kind === 'create' && this.observed[step.target] !== undefined) return false
    if (step.kind === 'link' && this.observed.accounts[step.account]?.version !== step.version) {
      return false
    }
    if (step.kind === 'change' || step.kind === 'delete') {
      if (this.observed[step.target]?.version !== step.version) return false
    }
    this.steps.push(step)
    this.observed = applyStep(this.observed, step, String((this.version += 1)))
    return true
  }

  /** As somebody else does. */
  edit(which: 'credentials' | 'pull', change: (secret: ObservedSecret) => ObservedSecret): void {
    const before = this.observed[which]
    if (before === undefined) return
    const version = String((this.version += 1))
    this.observed = { ...this.observed, [which]: { ...change(before), version } }
  }
}

function rest(world: World, contexts: Contexts, now: number): ReturnType<typeof plan> {
  for (let count = 0; count < 20; count += 1) {
    const next = plan(world.observed, contexts(now))
    if (next.step === undefined) return next
    assert.ok(world.write(next.step))
  }
  return assert.fail(`no rest: ${world.steps.map(({ why }) => why).join(', ')}`)
}

describe('plans, from any state', () => {
  it('come to rest, and there both Secrets have one login that works', () => {
    fc.assert(
      fc.property(anyObserved, anySettings, (from, some) => {
        const contexts = contextOf({ ...settings, ...some })
        const world = new World(from)
        rest(world, contexts, NOW)
        const { obstacle } = rest(world, contexts, NOW + settings.publishAhead)
        const { managed, credentials, pull } = world.observed
        if (!managed || (obstacle && obstacle.reason !== 'ServiceAccountMissing')) return
        assert.ok(credentials !== undefined && pull !== undefined)
        assert.ok(isOwned(credentials) && isOwned(pull))
        const { username, password, notAfter } = valuesOf(credentials)
        const login = pullLogin(world.observed) ?? assert.fail()
        assert.deepEqual(login, { username, password })
        // An end is another's word, and counts.
        assert.ok(notAfter !== undefined || letsIn(world.observed, login, NOW))
      }),
      { numRuns: 2_000 },
    )
  })

  it('touch nothing that is another’s', () => {
    fc.assert(
      fc.property(anyObserved, anySettings, fc.nat(100_000), (from, some, later) => {
        const contexts = contextOf({ ...settings, ...some })
        const world = new World(from)
        rest(world, contexts, NOW)
        rest(world, contexts, NOW + later)
        for (const which of ['credentials', 'pull'] as const) {
          const secret = from[which]
          if (secret === undefined || isOwned(secret)) continue
          if (from.managed && mayAdopt(secret, some.adopt)) continue
          assert.equal(world.observed[which], secret)
        }
      }),
      { numRuns: 2_000 },
    )
  })

  it('tell no password but in the data of Secrets', () => {
    fc.assert(
      fc.property(anyObserved, anySettings, (from, some) => {
        const world = new World(from)
        const { obstacle } = rest(world, contextOf({ ...settings, ...some }), NOW)
        const { credentials, pull } = world.observed
        const marks = [credentials, pull].map((one) => [one?.annotations, one?.labels])
        assert.doesNotMatch(JSON.stringify([marks, obstacle, world.steps]), /canary/)
      }),
      { numRuns: 1_000 },
    )
  })
})

/** What can happen to a namespace that is in step, without anybody taking the credentials away. */
type Happening =
  | { readonly kind: 'plan' | 'write' | 'both'; readonly writer: number }
  | { readonly kind: 'time'; readonly seconds: number }
  | { readonly kind: 'ask' | 'strip' | 'strip pull' | 'delete pull' | 'spoil pull' }

const happening = (seconds: fc.Arbitrary<number>): fc.Arbitrary<Happening> => {
  const writer = fc.nat(1)
  return fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('plan' as const), writer }) },
    { weight: 8, arbitrary: fc.record({ kind: fc.constant('write' as const), writer }) },
    { weight: 8, arbitrary: fc.record({ kind: fc.constant('both' as const), writer }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('time' as const), seconds }) },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constantFrom(
          ...(['ask', 'strip', 'strip pull', 'delete pull', 'spoil pull'] as const),
        ),
      }),
    },
  )
}

/**
 * Two writers at once, each with a plan of whatever age, of which either may die between any two writes; a clock
 * that moves as told; and others. Calls `check` after each.
 */
function live(
  happenings: readonly Happening[],
  check: (world: World, now: number, did: Step | undefined) => void,
): void {
  const contexts = contextOf(settings)
  const world = new World(EMPTY)
  let now = NOW
  rest(world, contexts, now)
  const planned: (Step | undefined)[] = []
  for (const one of happenings) {
    let did: Step | undefined
    switch (one.kind) {
      case 'plan':
        planned[one.writer] = plan(world.observed, contexts(now)).step
        break
      case 'both':
      case 'write': {
        if (one.kind === 'both') planned[one.writer] = plan(world.observed, contexts(now)).step
        const step = planned[one.writer]
        if (step !== undefined && world.write(step)) did = step
        planned[one.writer] = undefined
        break
      }
      case 'time':
        now += one.seconds
        break
      case 'ask':
        world.edit('credentials', (secret) => ({
          ...secret,
          annotations: { ...secret.annotations, [ROTATE]: 'true' },
        }))
        break
      case 'strip':
      case 'strip pull':
        world.edit(one.kind === 'strip' ? 'credentials' : 'pull', (secret) => ({
          ...secret,
          annotations: {},
        }))
        break
      case 'delete pull':
        world.observed = { ...world.observed, pull: undefined }
        break
      case 'spoil pull':
        world.edit('pull', (secret) => ({
          ...foreign(DOCKER, { data: { '.dockerconfigjson': '{"auths":{}}' } }),
          ...{ labels: secret.labels, annotations: secret.annotations },
        }))
        break
    }
    check(world, now, did)
  }
  rest(world, contexts, now)
  check(world, now, undefined)
}

describe('plans of two writers, interleaved with each other and with the rest of the world', () => {
  const anyTime = fc.oneof(
    fc.integer({ min: 0, max: 3_000 }),
    fc.integer({ min: -40_000_000, max: 40_000_000 }),
  )

  it('never leave a login in the pull Secret that does not work', () => {
    let rotations = 0
    fc.assert(
      fc.property(fc.array(happening(anyTime), { minLength: 30, maxLength: 60 }), (happenings) => {
        live(happenings, (world, now, did) => {
          if (did?.why === 'aged' || did?.why === 'asked') rotations += 1
          const login = pullLogin(world.observed)
          if (login !== undefined) assert.ok(letsIn(world.observed, login, now))
        })
      }),
      { numRuns: 400 },
    )
    assert.ok(rotations > 200, `${rotations} rotations`)
  })

  it('let a password that was in the pull Secret work for the overlap after that', () => {
    const forwards = fc.integer({ min: 0, max: 3_000 })
    let left = 0
    fc.assert(
      fc.property(fc.array(happening(forwards), { minLength: 30, maxLength: 60 }), (happenings) => {
        const until = new Map<string, number>()
        let last: string | undefined
        live(happenings, (world, now) => {
          const password = pullLogin(world.observed)?.password
          if (password !== undefined) until.delete(password)
          if (last !== undefined && last !== password) until.set(last, now + SETTINGS.overlap)
          last = password
          for (const [old, end] of until) {
            if (now >= end) continue
            left += 1
            assert.ok(letsIn(world.observed, { username: 'team-a', password: old }, now), old)
          }
        })
      }),
      { numRuns: 400 },
    )
    assert.ok(left > 200, `${left} looks at an old password`)
  })
})
