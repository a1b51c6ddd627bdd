import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readDecision } from '../../../../src/adapters/probe/decision.ts'
import type { DecisionRecord } from '../../../../src/event.ts'
import type { ExplainedAction, ExplainedRule } from '../../../../src/policy/explain.ts'
import type { Unmet } from '../../../../src/policy/why-not.ts'

const ID = '3e0b7a55-3f4c-4a0a-9d6e-5b1f0a3c2d11'
const RECORD = { id: ID, half: 'gateway', outcome: 'refused', reason: 'access_denied', status: 403 }
const RULE = {
  ...{ rule: 'policy.yaml:3', matches: 'no', actions: ['pull'] },
  unmet: [{ condition: 'name', told: true, text: 'team-b/app is not library/**' }],
}
const RESOURCE = {
  ...{ type: 'repository', name: 'team-b/app' },
  actions: [{ action: 'pull', allowed: false, because: 'no rule' }],
  holders: [{ namespace: 'team-a', tried: [RULE], untried: 2 }],
}
const EXPLANATION = { policy: '0123456789ab', granted: [], resources: [RESOURCE] }

/** Each word that the types have: what is not here does not compile. */
const WORDS: {
  readonly half: Readonly<Record<DecisionRecord['half'], true>>
  readonly outcome: Readonly<Record<DecisionRecord['outcome'], true>>
  readonly because: Readonly<Record<ExplainedAction['because'], true>>
  readonly matches: Readonly<Record<ExplainedRule['matches'], true>>
  readonly condition: Readonly<Record<Unmet['condition'], true>>
} = {
  half: { token: true, gateway: true, catalog: true, cli: true },
  outcome: { allowed: true, refused: true, failed: true },
  because: {
    ...{ rule: true, 'no rule': true, decider: true, untold: true, credential: true },
    ...{ serviceaccount: true, shadow: true, name: true },
  },
  matches: { yes: true, no: true, unknown: true, some: true },
  condition: {
    ...{ type: true, name: true, namespace: true, serviceaccount: true, account: true },
    ...{ service: true, labels: true, ip: true, when: true, tags: true },
  },
}

const deep = (open: string, close: string) => `${open.repeat(100_000)}1${close.repeat(100_000)}`
const withText = (more: string) => `${JSON.stringify(RECORD).slice(0, -1)},${more}}`

describe('what an operations port answers about a decision', () => {
  it('is read with its explanation, and without what no decision has', () => {
    const more = { time: '2026-11-25T12:00:00Z', duration: 1.5, namespaces: ['team-a'] }
    const record = { ...more, ...RECORD }
    for (const body of [
      JSON.stringify({ ...record, explanation: EXPLANATION, other: { a: 1 } }),
      withText(
        `${JSON.stringify({ ...more, explanation: EXPLANATION }).slice(1, -1)},"x":${deep('[', ']')}`,
      ),
    ]) {
      assert.deepEqual(readDecision(body, ID), { record, explanation: EXPLANATION })
    }
  })

  it('may have each word that a rauth says', () => {
    const [action] = RESOURCE.actions
    const [unmet] = RULE.unmet
    const actions = Object.keys(WORDS.because).map((because) => ({ ...action, because }))
    const tried = [
      ...Object.keys(WORDS.matches).map((matches) => ({ ...RULE, matches })),
      {
        ...RULE,
        unmet: Object.keys(WORDS.condition).map((condition) => ({ ...unmet, condition })),
      },
    ]
    const resource = { ...RESOURCE, actions, holders: [{ tried, untried: 0 }] }
    const explanation = { ...EXPLANATION, resources: [resource] }
    for (const half of Object.keys(WORDS.half)) {
      for (const outcome of Object.keys(WORDS.outcome)) {
        const record = { ...RECORD, half, outcome }
        const body = JSON.stringify({ ...record, explanation })
        assert.deepEqual(readDecision(body, ID), { record, explanation })
      }
    }
  })

  it('takes nothing from keys that are of each object', () => {
    const body = withText('"__proto__":{"detail":"x"},"constructor":{"detail":"y"}')
    const read = readDecision(body, ID)
    assert.ok('record' in read)
    assert.deepEqual(read.record, RECORD)
    assert.equal(read.record.detail, undefined)
  })

  const explained = (change: object) =>
    JSON.stringify({
      ...RECORD,
      explanation: { ...EXPLANATION, resources: [RESOURCE, { ...RESOURCE, ...change }] },
    })
  const FLAWS: readonly (readonly [what: string, body: string, flawAt: string])[] = [
    ['no JSON', '<html>', ''],
    ['nothing', '', ''],
    ['null', 'null', ''],
    ['a list', '[]', ''],
    ['a text', JSON.stringify(ID), ''],
    ['the id alone', JSON.stringify({ id: ID }), 'half'],
    ['another decision', JSON.stringify({ ...RECORD, id: 'x' }), 'id'],
    ['an id that is none', JSON.stringify({ ...RECORD, id: [ID] }), 'id'],
    ['a status in words', JSON.stringify({ ...RECORD, status: '403' }), 'status'],
    ['an outcome that is none', JSON.stringify({ ...RECORD, outcome: 'toString' }), 'outcome'],
    ['a reason that each object has', withText('"reason":"constructor"'), 'reason'],
    ['a list of other things', withText('"namespaces":["a",{"b":1}]'), 'namespaces.1'],
    ['what is no list', withText('"credentials":{"length":1,"0":"a"}'), 'credentials'],
    ['a field that is null', withText('"detail":null'), 'detail'],
    ['a field of depth', withText(`"detail":${deep('{"a":', '}')}`), 'detail'],
    ['an explanation of depth', withText(`"explanation":${deep('[', ']')}`), 'explanation'],
    ['an explanation of nothing', withText('"explanation":{}'), 'explanation.granted'],
    [
      'a resource without holders',
      explained({ holders: undefined }),
      'explanation.resources.1.holders',
    ],
    [
      'an action of another kind',
      explained({ actions: [{ action: 'pull', allowed: true, because: '__proto__' }] }),
      'explanation.resources.1.actions.0.because',
    ],
    [
      'a rule that matches somehow',
      explained({ holders: [{ tried: [{ ...RULE, matches: 'maybe' }], untried: 0 }] }),
      'explanation.resources.1.holders.0.tried.0.matches',
    ],
  ]
  for (const [what, body, flawAt] of FLAWS) {
    it(`is none, and said where: ${what}`, () => {
      assert.deepEqual(readDecision(body, ID), { flawAt })
    })
  }
})
