import fc from 'fast-check'
import type { Asker, Tags } from '../../src/policy/asker.ts'
import { compileRule, type MatchSource } from '../../src/policy/compile-rule.ts'
import { networkOf } from '../../src/policy/network.ts'
import { createPolicy, type Policy } from '../../src/policy/policy.ts'
import type { Rule } from '../../src/policy/rule.ts'
import type { Access } from '../../src/registry/access.ts'
import { askerOf } from './askers.ts'

const ACTIONS = ['delete', 'pull', 'push']
/** Of somebody without a namespace it is empty. */
const NAMESPACES = ['team-a', 'team-b', '']
const NAMES = ['team-a/app', 'team-b/app', 'team-a/x/y', 'library/base', 'team-a/../team-b']

const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 2 })

/** Patterns of few names, so that rules meet. */
const match: fc.Arbitrary<MatchSource> = fc
  .record({
    type: optional(fc.constantFrom('repository', 'registry', '*')),
    name: optional(
      fc.constantFrom(
        ...['**', '${namespace}/**', '${labels:team}/**', 'team-a/*', '*/app', 'library/**'],
        ...['/^team-[ab]\\//', '${account:1}/**', 'team-b/app', '${serviceaccount}/**'],
      ),
    ),
    namespace: optional(fc.constantFrom('*', 'team-a', '${account}')),
    serviceaccount: optional(fc.constantFrom('*', 'builder', 'x${namespace}')),
    // The only one with a group, so that a capture is always of something.
    account: fc.constantFrom('/^(team-[ab])/', '/^(.*)$/'),
    service: optional(fc.constantFrom('internal-registry.io', 'other')),
    labels: optional(fc.constantFrom({ role: 'dev' }, { team: '${namespace}' }, { role: '/^m/' })),
    network: optional(fc.constantFrom(networkOf('10.0.0.0', 8), networkOf('fd00::', 8))),
    hours: optional(fc.constantFrom({ from: 8 * 60, to: 18 * 60 }, { notBefore: 2_000_000_000 })),
    tags: optional(fc.constantFrom(['v*'], ['dev', 'v1'])),
  })
  .map((parts) =>
    Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined)),
  )

export interface GeneratedRule {
  readonly match: MatchSource
  readonly actions: readonly string[]
  readonly shadow: boolean
}

export const generatedRule: fc.Arbitrary<GeneratedRule> = fc.record({
  match,
  actions: fc.oneof(fc.constant(['*']), fc.subarray(ACTIONS)),
  shadow: fc.boolean(),
})

/** Known by its place. */
export const compiled =
  (anonymous: boolean) =>
  ({ match: parts, actions, shadow }: GeneratedRule, index: number): Rule =>
    compileRule({
      ...{ id: `policy.yaml:${index + 1}`, match: parts, actions, anonymous },
      ...(shadow ? { shadow: true } : {}),
      ...(index % 3 === 0 ? { reason: `reason ${index + 1}` } : {}),
    })

export const generatedPolicy: fc.Arbitrary<Policy> = fc
  .tuple(fc.array(generatedRule, { maxLength: 6 }), fc.boolean(), fc.boolean())
  .map(([rules, anonymous, withShadow]) => {
    const shadow = compileRule({
      ...{ id: 'policy.yaml:99', actions: ['pull', 'push'] },
      match: { type: 'repository', namespace: 'team-a', name: '${namespace}/**' },
    })
    return createPolicy(rules.map(compiled(anonymous)), withShadow ? [shadow] : [])
  })

const tags: fc.Arbitrary<Tags> = fc.constantFrom(
  ...(['any', undefined, [], ['v1'], ['dev'], ['v1', 'x']] as const),
)

/** From nobody to somebody with several holders, with what can be told of them and what can't. */
export const generatedAsker: fc.Arbitrary<Asker> = fc
  .record({
    namespaces: fc.subarray(NAMESPACES),
    account: fc.constantFrom('team-a', 'team-b', 'ci'),
    serviceaccount: optional(fc.constantFrom('builder', 'team-b')),
    limit: optional(fc.subarray(['pull', 'push'])),
    labels: optional(fc.constantFrom({ role: ['dev'] }, { role: ['main', 'x'], team: ['team-a'] })),
    address: optional(fc.constantFrom('10.1.2.3', '192.168.0.1', 'fd00::1')),
    now: optional(fc.constantFrom(1_790_000_000, 2_100_000_000)),
    tags,
  })
  .map(({ namespaces, account, serviceaccount, limit, labels, address, now, tags: named }) =>
    askerOf(
      namespaces.map((namespace) => ({
        ...(namespace === '' ? {} : { namespace }),
        ...(namespace === '' || serviceaccount === undefined ? {} : { serviceaccount }),
        ...(limit === undefined ? {} : { actions: limit }),
        ...(labels === undefined ? {} : { labels }),
      })),
      {
        ...{ account: namespaces.length === 0 ? '' : account, address, tags: named },
        ...(now === undefined ? {} : { now }),
      },
    ),
  )

export const generatedRequest: fc.Arbitrary<Access> = fc.uniqueArray(
  fc.record({
    type: fc.constantFrom('repository', 'registry'),
    name: fc.constantFrom(...NAMES),
    actions: fc.subarray(ACTIONS, { minLength: 1 }),
  }),
  { maxLength: 3, selector: ({ type, name }) => `${type}:${name}` },
)
