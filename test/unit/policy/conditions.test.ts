import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { Asker, Tags } from '../../../src/policy/asker.ts'
import { compileRule, type RuleSource } from '../../../src/policy/compile-rule.ts'
import { grant } from '../../../src/policy/grant.ts'
import { networkOf } from '../../../src/policy/network.ts'
import { createPolicy } from '../../../src/policy/policy.ts'
import { writeOnceOf } from '../../../src/policy/write-once.ts'
import { askerOf } from '../../support/askers.ts'

const rule = (source: Partial<RuleSource>) =>
  compileRule({ id: source.id ?? 'r', match: {}, actions: [], ...source })

const NOW = Date.parse('2026-11-25T12:00:00Z') / 1000
const asker = (more: Partial<Asker> = {}) =>
  askerOf([{ namespace: 'team-a' }], { now: NOW, tags: [], ...more })

function granted(sources: readonly Partial<RuleSource>[], who = asker()) {
  const requested = [
    { type: 'repository', name: 'team-a/app', actions: ['delete', 'pull', 'push'] },
  ]
  const { access, shadow, reason } = grant(createPolicy(sources.map(rule)), who, requested)
  return { actions: access.flatMap(({ actions }) => actions).join(), shadow, reason }
}

const actionsOf = (sources: readonly Partial<RuleSource>[], more: Partial<Asker> = {}) =>
  granted(sources, asker(more)).actions

describe('a rule about tags', () => {
  const RELEASES = { match: { tags: ['v*', '/^release-/'] } }
  const frozen = [{ ...RELEASES, actions: ['pull'] }, { actions: ['*'] }]
  const opened = [{ ...RELEASES, actions: ['push'] }, { actions: ['pull'] }]
  const CASES: readonly (readonly [what: string, Tags, frozen: string, opened: string])[] = [
    ['one of them', ['v1'], 'pull', 'push'],
    ['one of them, by an expression', ['release-1'], 'pull', 'push'],
    ['another', ['dev'], 'delete,pull,push', 'pull'],
    ['none', [], 'delete,pull,push', 'pull'],
    ['several, all of them', ['v1', 'v2'], 'pull', 'push'],
    ['several, not all of them', ['v1', 'dev'], 'pull', ''],
    ['nobody knows which', undefined, 'pull', ''],
    ['any, as a token does', 'any', 'delete,pull,push', 'pull,push'],
  ]
  for (const [what, tags, ofFrozen, ofOpened] of CASES) {
    it(`decides where the request names ${what}`, () => {
      assert.equal(actionsOf(frozen, { tags }), ofFrozen)
      assert.equal(actionsOf(opened, { tags }), ofOpened)
    })
  }

  it('lets a token have what any tag has, and a request of unknown tags what all have', () => {
    const source = fc.record({
      match: fc.constantFrom({}, { tags: ['v*'] }, { tags: ['dev'] }, { name: 'team-b/**' }),
      actions: fc.subarray(['pull', 'push', 'delete']),
      shadow: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(source, { maxLength: 5 }), (sources) => {
        const of = (tags: Tags) => actionsOf(sources, { tags }).split(',').filter(Boolean)
        const some = new Set([['v1'], ['dev'], ['other']].flatMap(of))
        for (const action of some) assert.ok(of('any').includes(action))
        for (const action of of(undefined)) {
          for (const tags of [['v1'], ['dev'], ['other']]) assert.ok(of(tags).includes(action))
        }
      }),
    )
  })
})

describe('a rule about the time', () => {
  const office = { match: { hours: { from: 8 * 60, to: 18 * 60 } } }
  const night = NOW + 12 * 3600

  it('is there within it and not outside of it', () => {
    assert.equal(actionsOf([{ ...office, actions: ['pull'] }]), 'pull')
    assert.equal(actionsOf([{ ...office, actions: ['pull'] }], { now: night }), '')
    assert.equal(actionsOf([office, { actions: ['pull'] }]), '')
    assert.equal(actionsOf([office, { actions: ['pull'] }], { now: night }), 'pull')
  })

  it('neither allows nor is passed over where nobody knows the time', () => {
    const timeless = askerOf([{ namespace: 'team-a' }], { tags: [] })
    assert.equal(granted([{ ...office, actions: ['pull'] }], timeless).actions, '')
    assert.equal(granted([office, { actions: ['pull'] }], timeless).actions, '')
  })
})

describe('a rule in shadow', () => {
  const deny = { id: 'deny', match: { name: 'team-a/**' }, shadow: true }

  it('tells what it would deny, and lets the next decide', () => {
    const { actions, shadow } = granted([deny, { actions: ['pull', 'push'] }])
    assert.equal(actions, 'pull,push')
    assert.deepEqual(shadow, [
      'deny would deny repository:team-a/app:pull',
      'deny would deny repository:team-a/app:push',
    ])
  })

  it('tells nothing of what it would allow, and allows nothing', () => {
    assert.deepEqual(granted([{ ...deny, actions: ['pull'] }, { actions: ['pull'] }]), {
      ...{ actions: 'pull', shadow: undefined, reason: undefined },
    })
    assert.equal(actionsOf([{ ...deny, actions: ['*'] }]), '')
  })

  it('tells nothing behind the rule that decides', () => {
    assert.equal(granted([{ actions: ['*'] }, deny]).shadow, undefined)
  })

  it('is told where one in front of it, in shadow too, would have decided otherwise', () => {
    const first = { ...deny, id: 'first', actions: ['*'] }
    assert.equal(granted([first, deny, { actions: ['*'] }]).shadow, undefined)
  })

  it('tells nothing of what a rule for some tags allows in front of it', () => {
    const rules = [{ match: { tags: ['dev*'] }, actions: ['*'] }, deny, { actions: ['*'] }]
    assert.equal(granted(rules, asker({ tags: 'any' })).shadow, undefined)
    assert.equal(granted(rules, asker({ tags: ['v1'] })).shadow?.length, 3)
  })

  it('tells of what is denied behind one of which it can’t be told whether it matches', () => {
    const hours = {
      id: 'office',
      match: { hours: { from: 1, to: 2 } },
      actions: ['*'],
      shadow: true,
    }
    const timeless = askerOf([{ namespace: 'team-a' }], { tags: [] })
    const { actions, shadow } = granted([hours, deny, { actions: ['pull'] }], timeless)
    assert.deepEqual([actions, shadow], ['pull', ['deny would deny repository:team-a/app:pull']])
  })

  it('changes no decision, and tells exactly what would be lost if it were in force', () => {
    const source = fc.record({
      match: fc.constantFrom(
        ...[{}, { name: 'team-a/**' }, { name: 'x' }, { account: 'someone' }],
        ...[{ tags: ['v*'] }, { tags: ['dev'] }, { hours: { from: 0, to: 1 } }],
        { network: networkOf('10.0.0.0', 8) },
      ),
      actions: fc.oneof(fc.constant(['*']), fc.subarray(['pull', 'push', 'delete'])),
      shadow: fc.boolean(),
    })
    const who = fc.record({
      tags: fc.constantFrom<Tags>('any', undefined, [], ['v1'], ['v1', 'dev'], ['other']),
      address: fc.constantFrom(undefined, '10.1.1.1', '192.0.2.1'),
      now: fc.constantFrom(NOW, undefined),
    })
    fc.assert(
      fc.property(fc.array(source, { maxLength: 6 }), who, (sources, { now, ...more }) => {
        const told = askerOf([{ namespace: 'team-a' }], {
          ...more,
          ...(now === undefined ? {} : { now }),
        })
        const { actions, shadow = [] } = granted(sources, told)
        const without = sources.filter((one) => !one.shadow)
        assert.equal(actions, granted(without, told).actions)
        const inForce = granted(
          sources.map((one) => ({ ...one, shadow: false })),
          told,
        ).actions.split(',')
        const lost = actions.split(',').filter((one) => one !== '' && !inForce.includes(one))
        assert.deepEqual(
          shadow.map((text) => text.split(':').at(-1)),
          lost,
        )
      }),
    )
  })
})

describe('a namespace in shadow', () => {
  const own = { id: 'own', match: { namespace: 'team-a', name: '${namespace}/**' } }
  const shadows = [compileRule({ ...own, actions: ['pull', 'push', 'delete'] })]
  const ask = (name: string, action: string, holders: Asker['holders'], rules = [rule({})]) =>
    grant(createPolicy(rules, shadows), askerOf(holders), [
      { type: 'repository', name, actions: [action] },
    ])

  it('may do what it is denied, in its own repositories, and that is told', () => {
    const { access, shadow } = ask('team-a/app', 'push', [{ namespace: 'team-a' }])
    assert.equal(access.length, 1)
    assert.deepEqual(shadow, ['own would deny repository:team-a/app:push'])
  })

  it('opens nothing else', () => {
    for (const [name, action, holders] of [
      ['team-b/app', 'pull', [{ namespace: 'team-a' }]],
      ['team-a/app', 'pull', [{ namespace: 'team-b' }]],
      ['team-a/app', 'pull', []],
      ['team-a/app', '*', [{ namespace: 'team-a' }]],
      ['team-a/app', 'push', [{ namespace: 'team-a', actions: ['pull'] }]],
      ['team-a/../team-b/x', 'pull', [{ namespace: 'team-a' }]],
    ] as const) {
      const { access, shadow } = ask(name, action, holders)
      assert.deepEqual([access, shadow], [[], undefined], `${name} ${action}`)
    }
  })

  it('tells nothing of what is allowed anyway', () => {
    const rules = [rule({ actions: ['*'] })]
    assert.equal(ask('team-a/x', 'push', [{ namespace: 'team-a' }], rules).shadow, undefined)
  })
})

describe('the reason of a rule', () => {
  it('is that of the one that denies', () => {
    const rules = [
      { match: { name: 'team-b/**' }, reason: 'of another repository' },
      { match: { name: 'team-a/**' }, actions: ['pull', 'delete'], reason: 'pushed by CI alone' },
      { reason: 'too late' },
    ]
    assert.equal(granted(rules).reason, 'pushed by CI alone')
  })

  it('is none where nothing is denied, or nothing matches', () => {
    assert.equal(granted([{ actions: ['*'], reason: 'x' }]).reason, undefined)
    assert.equal(granted([{ match: { name: 'b' }, reason: 'x' }]).reason, undefined)
    const shadow = [{ reason: 'x', shadow: true }, { actions: ['*'] }]
    assert.equal(granted(shadow).reason, undefined)
  })
})

describe('writeOnceOf', () => {
  const once = { match: { namespace: 'team-a' }, actions: ['*'], immutable: ['v*'] }
  const of = (sources: readonly Partial<RuleSource>[], who: Asker, action = 'push') =>
    writeOnceOf(createPolicy(sources.map(rule)), who, 'team-a/app', action)

  it('has the tags of the rule that allows', () => {
    const tags = of([once], asker())
    assert.deepEqual([tags.some, tags.has('v1'), tags.has('dev')], [true, true, false])
  })

  it('has none of a rule that does not decide', () => {
    for (const other of [
      [{ actions: ['*'] }, once],
      [{ ...once, shadow: true }, { actions: ['*'] }],
      [{ ...once, actions: ['pull'] }],
    ]) {
      assert.equal(of(other, asker()).has('v1'), false)
    }
  })

  it('has those of a rule of which it can’t be told whether it decides', () => {
    const late = { ...once, match: { hours: { from: 1, to: 2 } } }
    const timeless = askerOf([{ namespace: 'team-a' }], { tags: [] })
    assert.ok(of([late, { actions: ['*'] }], timeless).has('v1'))
  })

  it('has only what no holder may write again', () => {
    const other = { match: { namespace: 'ci' }, actions: ['push'] }
    const both = askerOf([{ namespace: 'team-a' }, { namespace: 'ci' }], { now: NOW, tags: [] })
    assert.equal(of([once, other], both).has('v1'), false)
    assert.equal(of([once, other], both, 'delete').has('v1'), true)
    const limited = askerOf([{ namespace: 'team-a' }, { namespace: 'ci', actions: ['pull'] }])
    assert.equal(of([once, other], { ...limited, now: NOW, tags: [] }).has('v1'), true)
  })
})
