import assert from 'node:assert/strict'
import { BlockList } from 'node:net'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { Asker } from '../../../src/policy/asker.ts'
import { grant } from '../../../src/policy/grant.ts'
import { networkOf } from '../../../src/policy/network.ts'
import { compilePattern } from '../../../src/policy/pattern.ts'
import { createPolicy } from '../../../src/policy/policy.ts'
import { reachOf } from '../../../src/policy/reach.ts'
import type { Rule } from '../../../src/policy/rule.ts'
import type { ResourceActions as Resource } from '../../../src/registry/access.ts'
import { askerOf } from '../../support/askers.ts'

interface Match {
  readonly account?: string
  readonly type?: string
  readonly name?: string
  readonly namespace?: string
  readonly service?: string
  readonly ip?: string
}

function rule(match: Match, actions: readonly string[], anonymous = false): Rule {
  const { type = '**', name = '**', namespace, account, service, ip } = match
  const [first = '', prefix] = (ip ?? '').split('/')
  return {
    ...{ id: JSON.stringify(match), actions, anonymous },
    ...{ type: compilePattern(type), name: compilePattern(name) },
    ...(namespace === undefined ? {} : { namespace: compilePattern(namespace) }),
    ...(account === undefined ? {} : { account: compilePattern(account) }),
    ...(service === undefined ? {} : { service: compilePattern(service) }),
    ...(ip === undefined ? {} : { network: networkOf(first, Number(prefix)) }),
  }
}

const TEAM_A = askerOf([{ namespace: 'team-a' }], { account: 'ci' })
const NOBODY = askerOf([])

/** Which of pull and push on a repository. */
function allowed(rules: readonly Rule[], asker: Asker, name = 'team-a/app'): string {
  const requested = [{ type: 'repository', name, actions: ['pull', 'push'] }]
  const { access } = grant(createPolicy(rules), asker, requested)
  return access.flatMap(({ actions }) => actions).join()
}

describe('a rule', () => {
  const MATCHES: readonly (readonly [Match, boolean])[] = [
    [{}, true],
    [{ account: 'ci' }, true],
    [{ account: 'c?' }, true],
    [{ account: '/^ci$/' }, true],
    [{ account: 'CI' }, false],
    [{ account: '' }, false],
    [{ type: 'repository' }, true],
    [{ type: 'registry' }, false],
    [{ name: 'team-a/**' }, true],
    [{ name: '${namespace}/**' }, true],
    [{ name: '${account}/**' }, false],
    [{ name: 'team-a' }, false],
    [{ namespace: '*' }, true],
    [{ namespace: 'team-a' }, true],
    [{ namespace: 'team-b' }, false],
    [{ namespace: '/^team-/' }, true],
    [{ service: 'internal-registry.io' }, true],
    [{ service: 'other' }, false],
    [{ ip: '10.0.0.0/8' }, true],
    [{ ip: '11.0.0.0/8' }, false],
    [{ account: 'ci', namespace: 'team-b' }, false],
    [{ account: 'ci', namespace: 'team-a', name: 'team-a/*', ip: '10.1.2.3/32' }, true],
  ]
  for (const [match, matches] of MATCHES) {
    it(`with ${JSON.stringify(match)} ${matches ? 'matches' : 'does not match'}`, () => {
      const asker = { ...TEAM_A, address: '10.1.2.3' }
      assert.equal(allowed([rule(match, ['pull'])], asker), matches ? 'pull' : '')
      assert.equal(allowed([rule(match, []), rule({}, ['*'])], asker), matches ? '' : 'pull,push')
    })
  }

  it('allows everything by * alone, also what has no name yet', () => {
    const requested = [{ type: 'registry', name: 'catalog', actions: ['*'] }]
    const ask = (...actions: string[]) =>
      grant(createPolicy([rule({ type: 'registry' }, actions)]), TEAM_A, requested).access
    assert.deepEqual(ask('*'), requested)
    assert.deepEqual(ask('pull', 'push', 'delete'), [])
  })

  it('is for nobody only if the policy says so, and never with a namespace', () => {
    assert.equal(allowed([rule({}, ['pull'])], NOBODY), '')
    assert.equal(allowed([rule({}, ['pull'], true)], NOBODY), 'pull')
    assert.equal(allowed([rule({ account: '' }, ['pull'], true)], NOBODY), 'pull')
    for (const match of [{ namespace: '**' }, { account: '?*' }, { name: '**${account}**' }]) {
      assert.equal(allowed([rule(match, ['pull'], true)], NOBODY), '', JSON.stringify(match))
    }
  })

  it('denies nobody, too, where it denies everyone', () => {
    const rules = [rule({ name: 'team-a/**' }, [], true), rule({}, ['pull'], true)]
    assert.equal(allowed(rules, NOBODY), '')
    assert.equal(allowed(rules, NOBODY, 'team-b/app'), 'pull')
  })
})

describe('a rule with a network, for a client whose address nobody knows', () => {
  for (const address of [undefined, 'unknown']) {
    const asker = { ...TEAM_A, address }
    const inside = (...actions: string[]) => rule({ ip: '10.0.0.0/8' }, actions)

    it(`allows nothing by itself (${String(address)})`, () => {
      assert.equal(allowed([inside('*')], asker), '')
      assert.equal(allowed([inside('*'), rule({}, ['pull'])], asker), 'pull')
    })

    it(`is not passed over where it denies (${String(address)})`, () => {
      assert.equal(allowed([inside(), rule({}, ['*'])], asker), '')
      assert.equal(allowed([inside('pull'), rule({}, ['*'])], asker), 'pull')
      assert.equal(allowed([inside('push'), inside('pull'), rule({}, ['*'])], asker), '')
    })

    it(`counts only if the rest of it matches (${String(address)})`, () => {
      const other = rule({ ip: '10.0.0.0/8', name: 'team-b/**' }, [])
      assert.equal(allowed([other, rule({}, ['pull'])], asker), 'pull')
    })
  }

  it('is among those that decided', () => {
    const rules = [rule({ ip: '10.0.0.0/8' }, []), rule({}, ['*'])]
    const requested = [{ type: 'repository', name: 'a', actions: ['pull'] }]
    assert.deepEqual(
      grant(createPolicy(rules), TEAM_A, requested).rules,
      rules.map(({ id }) => id),
    )
  })
})

const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })
const nameOfPattern = fc.constantFrom(
  ...[
    '**',
    '*',
    '*/b/**',
    '**/x',
    '?/b/x',
    '**/b/*',
    'a/**',
    'a/b/**',
    'a/b',
    'a/*',
    '*/b',
    'a/**/x',
    'a*/**',
    '/b/',
    'ab/**',
    '*-one-*/**',
    '*-one-two/**',
    '**/*one-*',
    '?*-two-?/*',
  ],
  ...['${namespace}/**', '${account}/**', 'a/${namespace}', '/^${account}/'],
)
const who = fc.constantFrom('a', 'b', 'ci', '?', '*', '/^a/', '${account}')
const action = fc.constantFrom<string>('pull', 'push', 'delete', '*')
const anyRule = fc
  .record({
    match: fc.record({
      account: optional(who),
      namespace: optional(who),
      name: nameOfPattern,
      type: fc.constantFrom('repository', '**', 'registry', 're*'),
      service: optional(fc.constantFrom('internal-registry.io', 'other')),
      ip: optional(fc.constantFrom('10.0.0.0/8', '10.1.0.0/16', '::/0')),
    }),
    actions: fc.oneof(fc.constant(['*']), fc.subarray(['pull', 'push', 'delete'])),
    anonymous: fc.boolean(),
  })
  .map(({ match, actions, anonymous }) => rule(defined(match), actions, anonymous))
const anyRules = fc.array(anyRule, { maxLength: 8 })
const addresses = ['10.1.2.3', '10.9.9.9', '11.0.0.1', '::1']
const anyAsker = fc
  .record({
    account: fc.constantFrom('a', 'b', 'ci', '*'),
    namespaces: fc.subarray(['a', 'b', 'ci']),
    address: optional(fc.constantFrom(...addresses)),
    service: fc.constantFrom('internal-registry.io', 'third'),
  })
  .map(({ account, namespaces, ...from }) =>
    askerOf(
      namespaces.map((namespace) => ({ namespace })),
      { account: namespaces.length === 0 ? '' : account, ...from },
    ),
  )
const resource = fc.record({
  type: fc.constantFrom('repository', 'registry'),
  name: fc.constantFrom(
    ...['a', 'b', 'a/b', 'a/b/x', 'a/x', 'b/b', 'ci/app', 'ab/x', 'a/../b', 'a//b'],
    ...['x-one-y/z', 'x-one-two/z', 'x-one-two-y/z', 'x/one-one-y'],
  ),
  actions: fc.uniqueArray(action, { minLength: 1 }),
})

function defined(match: Readonly<Record<string, string | undefined>>): Match {
  return Object.fromEntries(Object.entries(match).filter(([, value]) => value !== undefined))
}

const actionsOf = (rules: readonly Rule[], asker: Asker, one: Resource) =>
  grant(createPolicy(rules), asker, [one]).access.flatMap(({ actions }) => actions)

describe('any rules', () => {
  it('grant no more than was requested', () => {
    fc.assert(
      fc.property(anyRules, anyAsker, resource, (rules, asker, one) => {
        const { access } = grant(createPolicy(rules), asker, [one])
        for (const { type, name, actions } of access) {
          assert.deepEqual([type, name], [one.type, one.name])
          assert.ok(actions.every((granted) => one.actions.includes(granted)))
        }
      }),
    )
  })

  it('decide as the first that matches, one after the other', () => {
    fc.assert(
      fc.property(anyRules, anyAsker, resource, (rules, asker, one) => {
        const expected = one.actions.filter((wanted) => oracle(rules, asker, one, wanted))
        assert.deepEqual(actionsOf(rules, asker, one), expected)
      }),
      { numRuns: 3_000 },
    )
  })

  it('never widen with a rule in front that denies', () => {
    fc.assert(
      fc.property(anyRules, anyRule, anyAsker, resource, (rules, other, asker, one) => {
        const before = actionsOf(rules, asker, one)
        const after = actionsOf([{ ...other, actions: [] }, ...rules], asker, one)
        assert.ok(after.every((granted) => before.includes(granted)))
      }),
      { numRuns: 1_000 },
    )
  })

  it('grant to a client of unknown address what it would have at every one, at most', () => {
    fc.assert(
      fc.property(anyRules, anyAsker, resource, (rules, asker, one) => {
        const unknown = actionsOf(rules, { ...asker, address: undefined }, one)
        for (const address of addresses) {
          const known = actionsOf(rules, { ...asker, address }, one)
          assert.ok(unknown.every((granted) => known.includes(granted)))
        }
      }),
      { numRuns: 1_000 },
    )
  })

  it('let nobody pull what is out of its reach', () => {
    fc.assert(
      fc.property(anyRules, anyAsker, resource, (rules, asker, { name }) => {
        const one = { type: 'repository', name, actions: ['pull'] }
        if (actionsOf(rules, asker, one).length === 0) return
        const reach = reachOf(createPolicy(rules), asker)
        assert.ok(reach.some((prefix) => name.startsWith(prefix)))
      }),
      { numRuns: 1_000 },
    )
  })
})

/** The whole decision on one action, without an index: each namespace by itself, rule by rule. */
function oracle(rules: readonly Rule[], asker: Asker, one: Resource, wanted: string): boolean {
  if (one.type === 'repository' && !/^[a-z-]+(\/[a-z-]+)*$/.test(one.name)) return false
  const { account, holders, service, address } = asker
  const namespaces = holders.length === 0 ? [undefined] : holders.map(({ namespace }) => namespace)
  return namespaces.some((namespace) => {
    const values = { namespace, account: account === '' ? undefined : account }
    let allowedByAll = true
    for (const { id, actions, anonymous, ...patterns } of rules) {
      const match = JSON.parse(id) as Match
      if (namespace === undefined && (anonymous !== true || match.namespace !== undefined)) continue
      if (!patterns.type.matches(one.type, values)) continue
      if (!patterns.name.matches(one.name, values)) continue
      if (patterns.account?.matches(account, values) === false) continue
      if (patterns.namespace?.matches(namespace ?? '', values) === false) continue
      if (patterns.service?.matches(service, values) === false) continue
      const inside = match.ip === undefined || (address && isInside(address, match.ip))
      if (inside === false) continue
      allowedByAll &&= actions.includes('*') || actions.includes(wanted)
      if (inside === true) return allowedByAll
    }
    return false
  })
}

function isInside(address: string, network: string): boolean {
  const [first = '', prefix] = network.split('/')
  const family = (text: string) => (text.includes(':') ? 'ipv6' : 'ipv4')
  if (family(first) !== family(address)) return false
  const list = new BlockList()
  list.addSubnet(first, Number(prefix), family(first))
  return list.check(address, family(address))
}
