import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parsePolicy, policyOf } from '../../../src/config/policy-file.ts'
import { policySchema } from '../../../src/config/policy-schema.ts'
import { keysAt } from '../../../src/config/settings.ts'
import { grant } from '../../../src/policy/grant.ts'
import type { Labels } from '../../../src/subject.ts'
import { askerOf } from '../../support/askers.ts'

const problems = (text: string) =>
  (parsePolicy(text, 'policy.yaml').problems ?? []).map(
    ({ where, message }) => `${where}: ${message}`,
  )

function read(text: string) {
  const parsed = parsePolicy(text, '/etc/rauth/policy.yaml')
  if (parsed.problems !== undefined) assert.fail(JSON.stringify(parsed.problems))
  return parsed.policy
}

/** A rule with one part of it, the rest as it should be. */
const matching = (match: string) => `rules:\n  - match: { ${match} }\n    actions: [pull]\n`
const allowing = (actions: string) => `rules:\n  - match: {}\n    actions: ${actions}\n`

describe('policy file', () => {
  const TEXT = `# what platform says
rules:
  - match: { namespace: '*', type: repository, name: '\${namespace}/**' }
    actions: ['*']
    comment: a namespace owns its prefix
  - match:
      account: ci
      name: library/**
      ip: 10.0.0.0/8
      service: internal-registry.io
    actions: [pull, push]
  - match: { name: 'library/**' }
    actions: [pull]
`

  it('is rules in their order, each known by file and line', () => {
    const { rules } = read(TEXT)
    assert.deepEqual(
      rules.map(({ id }) => id),
      ['policy.yaml:3', 'policy.yaml:6', 'policy.yaml:12'],
    )
    const requested = ['library/x', 'team-a/app'].map((name) => ({
      ...{ type: 'repository', name, actions: ['delete', 'pull', 'push'] },
    }))
    const asker = askerOf([{ namespace: 'team-a' }], { account: 'ci', address: '10.1.1.1' })
    const granted = grant(read(TEXT), asker, requested)
    assert.deepEqual(
      granted.access.map(({ actions }) => actions),
      [
        ['pull', 'push'],
        ['delete', 'pull', 'push'],
      ],
    )
    assert.deepEqual(granted.rules, ['policy.yaml:6', 'policy.yaml:3'])
    const elsewhere = grant(read(TEXT), { ...asker, address: '11.1.1.1' }, requested)
    assert.deepEqual(elsewhere.access[0]?.actions, ['pull'])
  })

  it('asks for labels', () => {
    const policy = read(
      "rules: [{ match: { labels: { team: web }, name: '${labels:org}/**' }, actions: [pull] }]\n",
    )
    const granted = (labels: Labels) =>
      grant(policy, askerOf([{ namespace: 'n', labels }]), [
        { type: 'repository', name: 'corp/x', actions: ['pull'] },
      ]).access.length
    assert.equal(granted({ team: ['web'], org: ['corp'] }), 1)
    assert.equal(granted({ team: ['db'], org: ['corp'] }), 0)
    assert.equal(granted({ team: ['web'], org: ['other'] }), 0)
  })

  it('asks when it is, and has words for whoever is denied', () => {
    const policy = read(
      'rules:\n' +
        '  - match: { when: { days: [fri], from: "17:00", to: "02:00", zone: Europe/Berlin } }\n' +
        '    actions: []\n    reason: nothing on Friday evening\n' +
        "  - { match: { name: 'team-a/**' }, actions: [pull] }\n",
    )
    const at = (moment: string) => {
      const asker = askerOf([{ namespace: 'n' }], { now: Date.parse(moment) / 1000 })
      const one = { type: 'repository', name: 'team-a/x', actions: ['pull'] }
      const { access, reason } = grant(policy, asker, [one])
      return access.length > 0 || reason
    }
    assert.equal(at('2026-11-27T15:59:00Z'), true)
    assert.equal(at('2026-11-27T16:00:00Z'), 'nothing on Friday evening')
    assert.equal(at('2026-11-28T00:59:59Z'), 'nothing on Friday evening')
    assert.equal(at('2026-11-28T01:00:00Z'), true)
  })

  it('has namespaces in shadow, which may do what they are denied in their own repositories', () => {
    const policy = read(
      'shadow:\n  - { namespace: team-a }\n' +
        "  - { namespace: team-b, name: 'legacy/**' }\nrules: []\n",
    )
    const told = (namespace: string, name: string) =>
      grant(policy, askerOf([{ namespace }]), [{ type: 'repository', name, actions: ['push'] }])
        .shadow
    assert.deepEqual(told('team-a', 'team-a/x'), [
      'policy.yaml:2 would deny repository:team-a/x:push',
    ])
    assert.equal(told('team-a', 'team-b/x'), undefined)
    assert.equal(told('team-b', 'team-b/x'), undefined)
    assert.deepEqual(told('team-b', 'legacy/x'), [
      'policy.yaml:3 would deny repository:legacy/x:push',
    ])
  })

  it('is for nobody unless it says so', () => {
    const requested = [{ type: 'repository', name: 'library/x', actions: ['pull'] }]
    const rest = "rules: [{ match: { name: 'library/**' }, actions: [pull] }]\n"
    assert.deepEqual(grant(read(rest), askerOf([]), requested).access, [])
    assert.deepEqual(grant(read(`anonymous: false\n${rest}`), askerOf([]), requested).access, [])
    assert.deepEqual(
      grant(read(`anonymous: true\n${rest}`), askerOf([]), requested).access,
      requested,
    )
  })

  it('may deny everything, in so many words', () => {
    assert.deepEqual(read('rules: []').rules, [])
  })

  const MISTAKES: readonly (readonly [name: string, text: string, problem: string])[] = [
    ['nothing at all', '', '1:1: "rules" is missing and has no default'],
    ['rules without rules', 'rules:\n', '1:1: "rules" is missing and has no default'],
    ['a list', '- match: {}\n  actions: []\n', '1:1: expected a map: begin with "rules:"'],
    [
      'a configuration of docker_auth',
      'server: { addr: ":5001" }\nacl: []\n',
      '1:1: this is a configuration of docker_auth; next: set policy.format to docker_auth',
    ],
    [
      'docker_auth’s name for them',
      'acl: []\n',
      '1:1: unknown key "acl": what docker_auth calls so are the rules of a policy file here, see docs/policy.md',
    ],
    [
      'an unknown key of a rule',
      'rules:\n  - match: {}\n    action: [pull]\n',
      '3:5: unknown key "rules.0.action"; did you mean "rules.0.actions"?',
    ],
    [
      'an unknown key of a match',
      matching('nmae: x'),
      '2:14: unknown key "rules.0.match.nmae"; did you mean "rules.0.match.name"?',
    ],
    [
      'missing actions',
      'rules:\n  - match: {}\n',
      '2:5: "rules.0.actions" is missing and has no default',
    ],
    [
      'a missing match',
      'rules:\n  - actions: []\n',
      '2:5: "rules.0.match" is missing and has no default',
    ],
    [
      'a match of nothing',
      'rules:\n  - match:\n    actions: []\n',
      '2:5: "rules.0.match" must be a map of what the rule is about; {} is everything',
    ],
    [
      'actions of nothing',
      'rules:\n  - match: {}\n    actions:\n',
      '3:5: "rules.0.actions" must be a list such as [pull]; [] denies',
    ],
    [
      'a part of nothing, which is not everything',
      matching('name: '),
      '2:14: "rules.0.match.name" must be a pattern, which is a text',
    ],
    [
      'a number',
      matching('account: 123'),
      '2:14: "rules.0.match.account" must be a pattern, which is a text: put it in quotes',
    ],
    [
      'a rule that is none',
      'rules: [pull]\n',
      '1:9: "rules.0" must be a rule: a map with match and actions',
    ],
    [
      'one action that is no list',
      allowing('pull'),
      '3:5: "rules.0.actions" must be a list such as [pull]; [] denies',
    ],
    [
      'an unknown action',
      allowing('[pull, pus]'),
      '3:21: "rules.0.actions.1" unknown action "pus"; did you mean "push"?',
    ],
    [
      'everything and more',
      allowing("['*', pull]"),
      '3:5: "rules.0.actions" * stands alone: it is everything',
    ],
    [
      'an action twice',
      allowing('[pull, pull]'),
      '3:5: "rules.0.actions" must have each action once',
    ],
    [
      'an unknown type',
      matching('type: repositry'),
      '2:14: "rules.0.match.type" unknown type "repositry"; did you mean "repository"?',
    ],
    [
      'an unknown placeholder',
      matching("name: '${namespaces}/**'"),
      '2:14: "rules.0.match.name" has an unknown placeholder ${namespaces}; did you mean ${namespace}?',
    ],
    [
      'a bad expression',
      matching("account: '/(a/'"),
      '2:14: "rules.0.match.account" is no regular expression of RE2: missing closing ): `(a`',
    ],
    [
      'a bad address',
      matching('ip: 10.0.0'),
      '2:14: "rules.0.match.ip" must be an IP address, or a network such as 10.0.0.0/8',
    ],
    [
      'an address in a network',
      matching('ip: 10.0.0.1/8'),
      '2:14: "rules.0.match.ip" must be the address of a network: "/8" leaves bits of this one behind it',
    ],
    [
      'labels that are no map',
      matching('labels: [a]'),
      '2:14: "rules.0.match.labels" must be a map of labels, each with a pattern of which one of its values must be',
    ],
    [
      'a label of a number',
      matching('labels: { team: 1 }'),
      '2:24: "rules.0.match.labels.team" must be a pattern, which is a text: put it in quotes',
    ],
    [
      'a bad pattern of a label',
      matching("labels: { team: '/(/' }"),
      '2:24: "rules.0.match.labels.team" is no regular expression of RE2: missing closing ): `(`',
    ],
    [
      'a group that is not there',
      matching("account: '/^ci$/', name: '${account:1}/**'"),
      '2:33: "rules.0.match.name" has ${account:1}, and account has no group',
    ],
    [
      'a label in a label',
      matching("labels: { a: '${labels:b}' }"),
      '2:24: "rules.0.match.labels.a" has ${labels:b}, which stands for nothing in the pattern of a label',
    ],
    [
      'tags where not each request passes the gateway',
      matching('tags: [v*]'),
      '2:14: "rules.0.match.tags" needs "gateway: true" above the rules: only the gateway sees tags, so each request must pass it',
    ],
    [
      'tags that are written once where not each request passes the gateway',
      'rules: [{ match: {}, actions: [], tags: { immutable: [v*] } }]',
      '1:35: "rules.0.tags" needs "gateway: true" above the rules: only the gateway sees tags, so each request must pass it',
    ],
    [
      'a tag that is no list',
      `gateway: true\n${matching('tags: v*')}`,
      '3:14: "rules.0.match.tags" must be a list of patterns such as [v*]',
    ],
    [
      'a placeholder in a tag',
      `gateway: true\n${matching("tags: ['${account}']")}`,
      '3:21: "rules.0.match.tags.0" has a placeholder: a pattern of tags has none',
    ],
    [
      'an unknown condition on tags',
      'gateway: true\nrules: [{ match: {}, actions: [], tags: { imutable: [v*] } }]',
      '2:43: unknown key "rules.0.tags.imutable"; did you mean "rules.0.tags.immutable"?',
    ],
    [
      'no day',
      matching('when: { days: [mo] }'),
      '2:29: "rules.0.match.when.days.0" unknown day "mo"; did you mean "mon"?',
    ],
    [
      'a number for a day',
      matching('when: { days: [1] }'),
      '2:29: "rules.0.match.when.days.0" must be a day such as mon: put it in quotes',
    ],
    [
      'the end of a day at its beginning',
      matching("when: { to: '00:00' }"),
      '2:22: "rules.0.match.when.to" must be a time such as \'08:00\', 00:01 to 24:00',
    ],
    [
      'a tag that is none',
      `gateway: true\n${matching('tags: [a/b]')}`,
      '3:21: "rules.0.match.tags.0" has a slash: no tag has one',
    ],
    [
      'tags of what has none',
      `gateway: true\n${matching('tags: [v*], type: registry')}`,
      '3:14: "rules.0.match.tags" cannot stand beside "type: registry": only repositories have tags',
    ],
    [
      'tags that are written once where nothing is written',
      'gateway: true\nrules: [{ match: {}, actions: [pull], tags: { immutable: [v*] } }]',
      '2:39: "rules.0.tags" holds for what this rule allows, which changes no tag: put it where push or delete is allowed',
    ],
    [
      'tags that are written once in shadow',
      "gateway: true\nrules: [{ match: {}, actions: ['*'], shadow: true, tags: { immutable: [v*] } }]",
      '2:52: "rules.0.tags" does nothing in a rule in shadow, which allows nothing',
    ],
    [
      'a group that nothing in shadow has',
      "shadow: [{ namespace: x, name: '${account:1}/**' }]\nrules: []",
      '1:26: "shadow.0.name" has ${account:1}, and account here is no regular expression with groups, such as /^(.+)@example\\.com$/',
    ],
    [
      'no time',
      matching("when: { from: '8:00' }"),
      '2:22: "rules.0.match.when.from" must be a time such as \'08:00\', 00:00 to 23:59',
    ],
    [
      'no time zone',
      matching('when: { days: [mon], zone: Europe/Brelin }'),
      '2:35: "rules.0.match.when.zone" must be a time zone such as Europe/Berlin',
    ],
    [
      'no moment',
      matching('when: { notBefore: tomorrow }'),
      '2:22: "rules.0.match.when.notBefore" must be an RFC 3339 time, 2026-12-24T12:00:00Z',
    ],
    ['no when', matching('when: {}'), '2:14: "rules.0.match.when" must say when'],
    [
      'an unknown key of a when',
      matching('when: { form: "08:00" }'),
      '2:22: unknown key "rules.0.match.when.form"; did you mean "rules.0.match.when.from"?',
    ],
    [
      'a time that is none',
      matching("when: { from: '08:00', to: '08:00' }"),
      '2:14: "rules.0.match.when" has from and to alike: leave out both for the whole day',
    ],
    [
      'a span that is none',
      matching('when: { notBefore: 2026-01-02T00:00:00Z, notAfter: 2026-01-01T00:00:00Z }'),
      '2:14: "rules.0.match.when" is over before it begins: notAfter must be later',
    ],
    [
      'a reason of two lines',
      'rules: [{ match: {}, actions: [], reason: "a\\nb" }]',
      '1:35: "rules.0.reason" must be one line of 200 printable characters at most',
    ],
    [
      'shadow for everyone',
      "shadow: [{ name: '**' }]\nrules: []",
      '1:10: "shadow.0.namespace" is missing and has no default',
    ],
    [
      'a name that is an alias to YAML',
      'rules:\n  - match: { name: *x }\n    actions: []\n',
      '2:20: a text that begins with * needs quotes (else it is an alias of YAML, which is not taken here)',
    ],
    [
      'the same key twice',
      matching('name: a, name: b'),
      '2:23: "name" stands here twice: leave one',
    ],
    ['a text for a yes', `anonymous: 'yes'\nrules: []\n`, '1:1: "anonymous" must be true or false'],
    [
      'a long comment',
      `rules: [{ match: {}, actions: [], comment: ${'x'.repeat(1001)} }]`,
      '1:35: "rules.0.comment" must have 1000 characters at most',
    ],
    ['broken YAML', 'rules: [', '1:8: a [ that is not closed: close it with ]'],
  ]
  for (const [name, text, problem] of MISTAKES) {
    it(`says where and what: ${name}`, () => {
      assert.ok(problems(text).includes(`policy.yaml:${problem}`), JSON.stringify(problems(text)))
    })
  }

  it('says all mistakes at once, in the order of the text', () => {
    const text = "rules:\n  - match: { naem: x }\n  - match: { name: 'a**' }\n    actions: [pul]\n"
    assert.deepEqual(
      problems(text).map((one) => one.split(': ')[0]),
      ['policy.yaml:2:5', 'policy.yaml:2:14', 'policy.yaml:3:14', 'policy.yaml:4:15'],
    )
    assert.throws(() => policyOf(text, 'policy.yaml'), {
      code: 'ERR_CONFIG_INVALID',
      message: problems(text).join('\n'),
    })
  })

  it('has a bound for rules, and for what is told of them', () => {
    const rules = (count: number, one: string) => `rules:\n${`  - ${one}\n`.repeat(count)}`
    const good = '{ match: {}, actions: [] }'
    assert.deepEqual(problems(rules(2_000, good)), [])
    assert.deepEqual(problems(rules(2_001, good)), [
      'policy.yaml:1:1: "rules" must have 2000 rules at most',
    ])
    const told = problems(rules(150, '{ match: {} }'))
    assert.equal(told.length, 101)
    assert.equal(told.at(-1), 'policy.yaml:101:5: 50 more mistakes follow')
  })

  it('says what is wrong with any value at any key, and never throws', () => {
    const places = [
      ...['anonymous', 'gateway', 'shadow', 'rules'].map((key) => [key]),
      ...['match', 'actions', 'tags', 'shadow', 'reason', 'comment'].map((key) => [
        ...['rules', '0', key],
      ]),
      ...keysAt(['rules', '0', 'match'], policySchema).map((key) => ['rules', '0', 'match', key]),
      ...keysAt(['rules', '0', 'match', 'when'], policySchema).flatMap((key) => [
        ['rules', '0', 'match', 'when', key],
        ['rules', '0', 'match', 'when', key, '0'],
      ]),
      ...[
        ['rules', '0', 'actions', '0'],
        ['rules', '0', 'match', 'tags', '0'],
        ['rules', '0', 'match', 'labels', 'x'],
        ['rules', '0', 'tags', 'immutable', '0'],
        ['shadow', '0', 'namespace'],
        ['shadow', '0', 'name'],
      ],
    ]
    const values = [null, true, 0, 1.5, '', 'x', '/(/', '${', '${account:1}', [], [null], {}]
    for (const place of places) {
      for (const value of values) {
        const text = JSON.stringify({ rules: [], ...put(place, value) })
        for (const one of problems(text)) {
          assert.match(one, /^policy\.yaml:\d+:\d+: /, text)
        }
      }
    }
  })

  it('says of an unquoted * that it needs quotes, and nothing else', () => {
    for (const match of ['namespace: *', "namespace: *, name: '${namespace}/**'", 'name: **']) {
      const found = problems(`rules:\n  - { match: { ${match} }, actions: [pull] }\n`)
      assert.equal(found.length, 1, JSON.stringify(found))
      assert.match(
        JSON.stringify(found),
        /policy\.yaml:2:\d+.*a text that begins with \* needs quotes/,
      )
    }
  })
})

/** A map with a value at a place; a digit is the first of a list. */
function put(place: readonly string[], value: unknown): Record<string, unknown> {
  const [key = '', ...rest] = place
  if (rest.length === 0) return { [key]: value }
  const [next = ''] = rest
  return {
    [key]:
      next === '0' ? [rest.length === 1 ? value : put(rest.slice(1), value)] : put(rest, value),
  }
}
