import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { authorizationFilters, laneProviders } from '../../../../src/adapters/probe/envoy-config.ts'
import { RauthError } from '../../../../src/errors.ts'

const TYPES = 'type.googleapis.com/envoy.extensions.filters.http'
const AUTHORIZER = { '@type': `${TYPES}.ext_authz.v3.ExtAuthz` }
const LANE = [
  { ...AUTHORIZER, filter_enabled_metadata: {} },
  { '@type': `${TYPES}.rbac.v3.RBAC`, shadow_rules_stat_prefix: 'lane_' },
]
const verifier = (providers: unknown) => ({
  '@type': `${TYPES}.jwt_authn.v3.JwtAuthentication`,
  providers,
})

describe('the configuration of an Envoy', () => {
  const FORMS: readonly (readonly [fields: object, open: boolean])[] = [
    [{}, false],
    [{ failure_mode_allow: false }, false],
    [{ failureModeAllow: false }, false],
    [{ failure_mode_allow: 'false' }, false],
    [{ failure_mode_allow: true }, true],
    [{ failureModeAllow: true }, true],
    [{ failure_mode_allow: 'true' }, true],
  ]
  for (const [fields, open] of FORMS) {
    it(`${open ? 'lets' : 'does not let'} everybody in with ${JSON.stringify(fields)}`, () => {
      const [filter] = authorizationFilters(JSON.stringify({ a: [{ ...AUTHORIZER, ...fields }] }))
      assert.equal(filter?.failureModeAllow, open)
    })
  }

  it('has a lane by either spelling', () => {
    const ours = { issuer: 'rauth', audiences: ['registry'] }
    const camel = [
      { ...AUTHORIZER, filterEnabledMetadata: {} },
      { '@type': `${TYPES}.rbac.v3.RBAC`, shadowRulesStatPrefix: 'lane_' },
    ]
    for (const filters of [LANE, camel]) {
      assert.deepEqual(laneProviders(JSON.stringify([...filters, verifier({ ours })])), [ours])
    }
  })

  const ODD: readonly unknown[] = [
    [{ '@type': { toString: 1 } }],
    [...LANE, verifier({ a: null })],
    [...LANE, verifier([null, 5])],
    [...LANE, verifier({ a: { issuer: { toString: 1 }, audiences: [{ toString: 1 }] } })],
  ]
  for (const one of ODD) {
    it(`takes no fright at ${JSON.stringify(one).slice(-60)}`, () => {
      assert.doesNotThrow(() => [
        authorizationFilters(JSON.stringify(one)),
        laneProviders(JSON.stringify(one)),
      ])
    })
  }

  it('is looked through once where an alias stands for what it is in', () => {
    assert.deepEqual(authorizationFilters('&a [*a]'), [])
  })

  it('takes as much depth as is asked of nobody', () => {
    const lines = Array.from({ length: 120 }, (_, depth) => `${' '.repeat(depth)}a:`)
    const filter = JSON.stringify([{ ...AUTHORIZER, failure_mode_allow: true }])
    const text = `${lines.join('\n')} # as YAML\n${' '.repeat(120)}b: ${filter}\n`
    assert.deepEqual(authorizationFilters(text), [{ failureModeAllow: true, buffersBodies: false }])
  })

  const doubled = Array.from({ length: 40 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}]`)
  const NEITHER = [
    ['a quote that is not closed', 'a: [\n  b: "'],
    ['brackets without end', '['.repeat(20_000)],
    ['lists in lists', '- '.repeat(100_000)],
    ['brackets in brackets, all of them closed', `a: ${'['.repeat(251)}${']'.repeat(251)}`],
    ['maps as keys of maps', '? '.repeat(100_000)],
    ['a second document that is too deep', `a: 1\n---\n${'- '.repeat(300)}`],
    ['aliases of aliases', ['a0: &a0 [x]', ...doubled].join('\n')],
  ] as const
  for (const [name, text] of NEITHER) {
    it(`is refused in words: ${name}`, () => {
      assert.throws(
        () => authorizationFilters(text),
        (thrown) =>
          thrown instanceof RauthError && thrown.message.includes('neither YAML nor JSON'),
      )
    })
  }
})
