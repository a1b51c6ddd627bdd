import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { changesOf, goneOf } from '../../../src/config/changes.ts'
import { hasLostLineEnd, lostEnd } from '../../../src/config/lost-end.ts'
import { parsePolicy, policyOf } from '../../../src/config/policy-file.ts'
import { parseConfig, readConfig } from '../../../src/config/read.ts'
import { grant } from '../../../src/policy/grant.ts'
import { askerOf } from '../../support/askers.ts'

const FILE = '/etc/rauth/policy.yaml'

/** Conditions in front of the actions, behind them, and what restricts at the very end. */
const POLICIES: Readonly<Record<string, string>> = {
  'actions last': `rules:
  - match: { namespace: team-a, name: team-a/private }
    actions: []
  - match:
      namespace: team-a
      name: team-a/**
      ip: 10.0.0.0/8
    actions:
      - pull
      - push
`,
  'actions first': `gateway: true
rules:
  - actions: [pull]
    match:
      namespace: team-b
  - actions: ['*']
    match:
      namespace: team-a
      name: team-a/**
      ip: 10.0.0.0/8
    tags:
      immutable:
        - v*
        - release-*
`,
  'shadow last': `rules:
  - match: { namespace: team-b }
    actions: [pull]
shadow:
  - namespace: team-a
    name: team-a/lab
`,
}

const NAMES = ['team-a/app', 'team-a/private', 'team-a/lab', 'team-b/app', 'other/app']
const ASKERS = ['10.1.1.1', '11.1.1.1'].flatMap((address) =>
  ['team-a', 'team-b'].map((namespace) => askerOf([{ namespace }], { address })),
)

/** Its beginnings that end with a line: of the others that end tells. */
function* cutsOf(whole: string): Generator<string> {
  for (let length = 0; length < whole.length; length += 1) {
    const text = whole.slice(0, length)
    if (text === '' || text.endsWith('\n')) yield text
    else assert.ok(hasLostLineEnd(text, whole))
  }
}

/** Everything that a policy gives to anybody here, and the tags that it lets nobody write again. */
function givenBy(text: string) {
  const policy = policyOf(text, FILE)
  const requested = NAMES.map((name) => ({
    ...{ type: 'repository', name, actions: ['delete', 'pull', 'push'] },
  }))
  const given = ASKERS.flatMap((asker, who) =>
    grant(policy, asker, requested).access.flatMap(({ name, actions }) =>
      actions.map((action) => `${who} ${name} ${action}`),
    ),
  )
  const kept = policy.rules.flatMap(({ immutable = [] }) => immutable.map(({ source }) => source))
  return { given: new Set(given), kept, shadows: policy.shadows.map(({ name }) => name.source) }
}

describe('a policy file that is cut', () => {
  for (const [what, whole] of Object.entries(POLICIES)) {
    it(`gives no more than the whole, wherever the cut is: ${what}`, () => {
      const before = givenBy(whole)
      let taken = 0
      for (const text of cutsOf(whole)) {
        if (parsePolicy(text, FILE).problems !== undefined) continue
        if (lostEnd(text, whole) !== undefined) continue
        taken += 1
        const { given, kept, shadows } = givenBy(text)
        const more = [...given].filter((one) => !before.given.has(one))
        assert.deepEqual(more, [], text)
        if (text.includes('release') || given.has('0 team-a/app push')) {
          assert.deepEqual(kept, before.kept, text)
        }
        assert.ok(
          shadows.every((one) => before.shadows.includes(one)),
          text,
        )
      }
      assert.ok(taken > 0, 'a shorter list of whole entries is a policy')
    })
  }

  const TEXT = `rules:
  - match: { namespace: team-a, name: a/** }
    actions: [pull, push]
  - match: { namespace: team-b, name: a/** }
    actions: [pull, push]
    comment: x
`
  const MEANT: Readonly<Record<string, string>> = {
    'less in the last rule': TEXT.replaceAll('[pull, push]', '[pull]'),
    'another last rule': TEXT.replace('team-b, name: a', 'team-b, name: b'),
    'no comment any more': TEXT.replace('    comment: x\n', ''),
    'one rule less': TEXT.split('\n').slice(0, 3).join('\n') + '\n',
  }
  for (const [what, next] of Object.entries(MEANT)) {
    it(`is none where there is ${what}`, () => {
      assert.notEqual(next, TEXT)
      assert.equal(lostEnd(next, TEXT), undefined)
    })
  }

  it('is known also where it was changed before the cut', () => {
    const whole = POLICIES['actions first'] ?? ''
    const next = whole.replace('[pull]', '[pull, push]').replace(/ +name: team-a[^]*/, '')
    assert.equal(lostEnd(next, whole), 'the last of "rules" has lost "name"')
  })

  it('is known by an account, or by whoever has none', () => {
    const account = 'accounts:\n  a: { password: x }\n  b:\n    password: y\n    actions: [pull]\n'
    assert.match(lostEnd(account.replace(/ +actions.*\n/, ''), account) ?? '', /lost "actions"/)
    assert.equal(lostEnd(account.replace(/ +b:[^]*/, ''), account), undefined)
    const rotated = account.replace('y\n', 'z\n')
    assert.match(lostEnd(rotated.replace(/ +actions.*\n/, ''), account) ?? '', /lost "actions"/)
    assert.equal(lostEnd(rotated, account), undefined)
    const nobody = 'anonymous:\n  labels: { a: b }\n  actions: [pull]\n'
    assert.match(lostEnd(nobody.replace(/ +actions.*\n/, ''), nobody) ?? '', /lost "actions"/)
  })
})

describe('a configuration that is cut', () => {
  const WHOLE = `realm: https://registry.test/token
service: registry.test
guessing:
  window: 1h
  failures: 3
trustedProxies:
  - 10.1.0.0/16
gateway:
  http: nginx
  fastLane:
    enabled: true
    window: 2s
token:
  expiry: 1m
  leeway: 0s
policy:
  file: ${FILE}
  kubernetes:
    enabled: true
    remember: 0s
`
  const read = (text: string) => readConfig(text, '/etc/rauth/rauth.yaml', {})

  it('changes nothing that is not asked for, wherever the cut is', () => {
    const { config: running } = read(WHOLE)
    const lost = new Set<string>()
    for (const text of cutsOf(WHOLE)) {
      if (parseConfig(text, '/etc/rauth/rauth.yaml', {}).problems !== undefined) continue
      const { config, written } = read(text)
      const gone = goneOf('serve', running, config, written)
      for (const one of gone) lost.add(one)
      const counts = changesOf('serve', running, config).atRunTime.filter(
        (one) => !gone.includes(one),
      )
      assert.ok(gone.length > 0 || counts.length === 0, text)
    }
    for (const one of ['policy.file', 'trustedProxies', 'guessing.failures', 'gateway.http']) {
      assert.ok(lost.has(one), one)
    }
  })

  const CONTROLLER = `realm: https://registry.test/token
service: registry.test
controller:
  adopt: true
  namespaces:
    only:
      - team-a
      - team-b
    except:
      - kube-system
  serviceAccounts: [default]
  whenUnmanaged: delete
  rotateAfter: 720h
  overlap: 12h
`

  it('changes nothing of a controller that is not asked for, but for what only gave', () => {
    const { config: running } = read(CONTROLLER)
    const lost = new Set<string>()
    for (const text of cutsOf(CONTROLLER)) {
      if (parseConfig(text, '/etc/rauth/rauth.yaml', {}).problems !== undefined) continue
      const { config, written } = read(text)
      const gone = goneOf('controller', running, config, written)
      for (const one of gone) lost.add(one)
      const { atRunTime } = changesOf('controller', running, config)
      assert.ok(gone.length > 0 || atRunTime.length === 0, text)
    }
    const keys = ['namespaces.only', 'namespaces.except', 'whenUnmanaged', 'rotateAfter', 'overlap']
    assert.deepEqual(
      [...lost].sort(),
      [...keys.map((key) => `controller.${key}`), 'service'].sort(),
    )
  })

  it('of what the other program reads tells neither', () => {
    const { config: running } = read(`${WHOLE}controller: { overlap: 48h }\n`)
    const { config, written } = read(WHOLE)
    assert.deepEqual(goneOf('serve', running, config, written), [])
    assert.deepEqual(goneOf('controller', running, config, written), ['controller.overlap'])
  })

  it('is known by a list that restricts and is shorter, and not by one that is another', () => {
    const text = (...proxies: string[]) =>
      `${WHOLE.replace(/trustedProxies:\n( .*\n)*/, '')}trustedProxies: [${proxies.join()}]\n`
    const { config: running } = read(text('10.1.0.0/16', '10.2.0.0/16'))
    const goneIn = (next: string) => {
      const { config, written } = read(next)
      return goneOf('serve', running, config, written)
    }
    assert.deepEqual(goneIn(text('10.1.0.0/16')), ['trustedProxies'])
    for (const others of [['10.2.0.0/16'], ['10.1.0.0/16', '10.3.0.0/16'], []]) {
      assert.deepEqual(goneIn(text(...others)), [])
    }
  })

  it('is none where a key is said to be what is usual, or only gives, or has nothing to do with rights', () => {
    const { config: running } = read(`${WHOLE}logLevel: debug\ncatalog: { registry: http://r }\n`)
    const { config, written } = read(WHOLE.replace('failures: 3', 'failures: 10'))
    assert.deepEqual(goneOf('serve', running, config, written), [])
    assert.deepEqual(changesOf('serve', running, config).atRunTime, [
      'logLevel',
      'guessing.failures',
      'catalog.registry',
    ])
  })
})
