import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { casesOf } from '../../../src/config/policy-cases.ts'
import { policyOf } from '../../../src/config/policy-file.ts'
import { judgeCase } from '../../../src/policy/policy-case.ts'

const POLICY = policyOf(
  `anonymous: true
gateway: true
rules:
  - { match: { name: 'library/**', tags: ['v*'] }, actions: [pull], reason: made by CI }
  - { match: { labels: { role: lead }, name: 'library/**' }, actions: ['*'] }
  - { match: { name: 'night/**', when: { from: '22:00' } }, actions: [pull] }
  - { match: { namespace: '*', name: '\${namespace}/**' }, actions: ['*'] }
  - { match: { account: '?*', name: 'office/**', ip: 10.0.0.0/8 }, actions: [pull] }
  - { match: { name: 'public/**' }, actions: [pull] }
`,
  'policy.yaml',
)

const read = (lines: string) => casesOf(`cases:\n${lines}`, 'cases.yaml', 'internal-registry.io')

function differencesOf(given: string, expect: string) {
  const [one, ...more] = read(`  - { given: ${given}, expect: ${expect} }\n`)
  assert.ok(one !== undefined && more.length === 0)
  return judgeCase(POLICY, one).differences.map(({ what, found }) => [what, found])
}

describe('cases of a policy', () => {
  const AS_THEY_ARE: readonly (readonly [given: string, expect: string])[] = [
    ['{ as: team-a, scope: "repository:team-a/x:pull,push" }', 'allowed'],
    ['{ as: team-a, scope: "repository:team-b/x:pull" }', 'denied'],
    ['{ as: team-a/ci, scope: "repository:team-a/x:pull" }', '{ rule: "policy.yaml:7" }'],
    ['{ as: /ci, scope: "repository:team-a/x:pull" }', 'denied'],
    [
      '{ as: "system:serviceaccount:team-a:builder", scope: "repository:team-a/x:pull,push" }',
      '{ granted: "repository:team-a/x:pull" }',
    ],
    ['{ scope: "repository:public/x:pull" }', 'allowed'],
    ['{ scope: "repository:office/x:pull", ip: 10.1.2.3 }', 'denied'],
    ['{ as: /ci, scope: "repository:office/x:pull", ip: 10.1.2.3 }', 'allowed'],
    ['{ as: /ci, scope: "repository:office/x:pull" }', 'denied'],
    ['{ as: a, scope: "repository:night/x:pull", at: "2026-11-25T23:00:00Z" }', 'allowed'],
    ['{ as: a, scope: "repository:night/x:pull" }', '{ granted: "", rule: "policy.yaml:6" }'],
    ['{ as: a, scope: "repository:library/x:push", labels: { role: lead } }', 'allowed'],
    [
      '{ as: a, scope: "repository:library/x:push", labels: { role: [lead] }, tags: v1 }',
      '{ granted: [], rule: "policy.yaml:4", reason: made by CI }',
    ],
    ['{ as: a, scope: "repository:a/x:push", limit: [pull] }', 'denied'],
    [
      '{ as: a, scope: ["repository:a/x:pull", "repository:b/x:pull"] }',
      '{ granted: "repository:a/x:pull" }',
    ],
  ]
  for (const [given, expect] of AS_THEY_ARE) {
    it(`${given}: ${expect}`, () => {
      assert.deepEqual(differencesOf(given, expect), [])
    })
  }

  it('tell each thing that is not as it should be', () => {
    assert.deepEqual(
      differencesOf(
        '{ as: a, scope: "repository:library/x:push", tags: v1 }',
        '{ granted: "repository:library/x:push", rule: "policy.yaml:5", reason: other }',
      ),
      [
        ['granted', ''],
        ['rule', 'policy.yaml:4'],
        ['reason', 'made by CI'],
      ],
    )
  })

  it('are known by their place, and by what they ask where they have no name', () => {
    const cases = read(
      `  - { name: one, given: { scope: "repository:x:pull" }, expect: denied }
  - given: { as: a, scope: "repository:x:pull" }
    expect: denied
`,
    )
    assert.deepEqual(
      cases.map(({ where, name }) => [where, name]),
      [
        ['cases.yaml:2', 'one'],
        ['cases.yaml:3', 'a asks for repository:x:pull'],
      ],
    )
  })

  const MISTAKES: readonly (readonly [line: string, message: RegExp])[] = [
    ['{ expect: denied }', /cases\.yaml:2:5: "cases\.0\.given" is missing/],
    ['{ given: { scope: "pull" }, expect: denied }', /must be scopes such as/],
    ['{ given: { as: "", scope: "repository:x:pull" }, expect: denied }', /must be NAMESPACE/],
    [
      '{ given: { scope: "repository:x:pull" }, expect: {} }',
      /cases\.yaml:2:46: "cases\.0\.expect" must say what is granted, or the rule/,
    ],
    ...['""', '[]', '" "'].map(
      (none) =>
        [
          `{ given: { scope: ${none} }, expect: denied }`,
          /cases\.yaml:2:16: "cases\.0\.given\.scope" must ask for something/,
        ] as const,
    ),
    ['{ given: { scope: "repository:x:pull" }, expect: yes }', /must be allowed, denied, or a map/],
    ['{ given: { scope: "repository:x:pull", ip: x }, expect: denied }', /must be an IP address/],
    ['{ given: { scope: "repository:x:pull", at: x }, expect: denied }', /RFC 3339/],
    [
      '{ given: { scope: "repository:x:pull", tag: x }, expect: denied }',
      /did you mean "cases\.0\.given\.tags"/,
    ],
  ]
  for (const [line, message] of MISTAKES) {
    it(`says what is wrong with ${line}`, () => {
      assert.throws(() => read(`  - ${line}\n`), { code: 'ERR_CONFIG_INVALID', message })
    })
  }
})
