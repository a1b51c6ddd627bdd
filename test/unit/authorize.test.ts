import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createAuthorize, type Judgement, type Question } from '../../src/authorize.ts'
import type { Answer } from '../../src/credentials/source.ts'
import { vouchedSubject } from '../../src/credentials/vouchers.ts'
import type { DecisionEvent } from '../../src/event.ts'
import { createIssueToken } from '../../src/issue-token.ts'
import { COMMAND, KUBERNETES, type Decider } from '../../src/policy/decider.ts'
import type { Explanation } from '../../src/policy/explain.ts'
import { createPolicy, namespacePolicy, OWN_NAMESPACE } from '../../src/policy/policy.ts'
import { accepted } from '../../src/refusal.ts'
import { formatScope, parseScopes } from '../../src/registry/scope.ts'
import type { Holder } from '../../src/subject.ts'
import { askerOf } from '../support/askers.ts'
import { NOBODY, person, presentPassword, startFlows } from '../support/flows.ts'
import { ruleOf } from '../support/rules.ts'

const scope = (text: string) => {
  const parsed = parseScopes([text])
  return parsed.ok ? parsed.value : assert.fail(text)
}

const ALLOWED: Judgement = { kind: 'allowed' }
const DENIED: Judgement = { kind: 'denied' }
const FAILURE: Judgement = { kind: 'failure', detail: 'exit code 2' }

interface Situation {
  readonly anonymous?: boolean
  readonly decider?: Decider
}

/** What of a scope is granted, and what was asked about. */
async function authorized(
  rules: Parameters<typeof createPolicy>[0],
  text: string,
  judge: (question: Question) => Judgement,
  { anonymous = true, decider = COMMAND }: Situation = {},
  holders: readonly Holder[] = [{ namespace: 'team-a', labels: { group: ['CICD'] } }],
) {
  const questions: Question[] = []
  const authorize = createAuthorize({
    ...decider,
    ask(question) {
      questions.push(question)
      return Promise.resolve(judge(question))
    },
  })
  const asker = askerOf(holders, { address: '192.0.2.7' })
  const result = await authorize(createPolicy(rules, [], { anonymous }), asker, scope(text))
  const answer = result.ok ? formatScope(result.value.access) : result.refusal.reason
  return { answer, questions, asked: questions.map(({ resource }) => formatScope([resource])) }
}

const A = ruleOf({ name: 'a/*' }, ['pull'])
const NOTHING = ruleOf({ name: 'b/*' }, [])

describe('authorize', () => {
  it('without a command is what the rules say', async () => {
    const authorize = createAuthorize(undefined)
    const asker = askerOf([{ namespace: 'team-a' }])
    const result = await authorize(OWN_NAMESPACE, asker, scope('repository:team-a/x:pull'))
    assert.equal(result.ok && formatScope(result.value.access), 'repository:team-a/x:pull')
  })

  it('asks the command about what no rule is about, whole, and about nothing else', async () => {
    const text = 'repository:a/x:pull,push repository:b/x:pull repository:c/x:pull,push'
    const { answer, asked, questions } = await authorized([A, NOTHING], text, () => ALLOWED)
    assert.equal(answer, 'repository:a/x:pull repository:c/x:pull,push')
    assert.deepEqual(asked, ['repository:c/x:pull,push'])
    assert.deepEqual(questions[0], {
      account: 'someone',
      holder: { namespace: 'team-a', labels: { group: ['CICD'] } },
      resource: { type: 'repository', name: 'c/x', actions: ['pull', 'push'] },
      service: 'internal-registry.io',
      address: '192.0.2.7',
      labels: { group: ['CICD'] },
      share: 'team-a',
    })
  })

  it('grants nothing more after a no', async () => {
    const text = 'repository:a/x:pull repository:c/x:pull registry:catalog:*'
    const { answer, asked } = await authorized([A], text, ({ resource }) =>
      resource.type === 'registry' ? ALLOWED : DENIED,
    )
    assert.equal(answer, 'registry:catalog:* repository:a/x:pull')
    assert.equal(asked.length, 2)
  })

  it('gives no answer at all where the command gives none', async () => {
    const text = 'repository:a/x:pull repository:c/x:pull'
    const { answer } = await authorized([A], text, () => FAILURE)
    assert.equal(answer, 'policy_unavailable')
  })

  it('never asks about a name that is none', async () => {
    const { answer, asked } = await authorized([A], 'repository:c/../x:pull', () => ALLOWED)
    assert.deepEqual([answer, ...asked], [''])
  })

  it('asks about each holder, whose own limit stands', async () => {
    const holders = [
      { namespace: 'team-a', labels: { group: ['one'] }, actions: ['pull'] },
      { namespace: 'team-b', labels: { group: ['two'] } },
    ]
    const text = 'repository:c/x:pull,push'
    const only = (group: string) => (question: Question) =>
      question.labels?.['group']?.includes(group) === true ? ALLOWED : DENIED
    const one = await authorized([A], text, only('one'), {}, holders)
    assert.equal(one.answer, 'repository:c/x:pull')
    assert.equal((await authorized([A], text, only('two'), {}, holders)).answer, text)
  })

  it('asks a few at a time for one request, and no more after a failure', async () => {
    const text = Array.from({ length: 11 }, (_, i) => `repository:c/x${10 + i}:pull`).join(' ')
    const running = { now: 0, most: 0, asked: 0 }
    const authorize = (failing: number) =>
      createAuthorize({
        ...COMMAND,
        ask: async () => {
          running.asked += 1
          running.most = Math.max(running.most, (running.now += 1))
          const judgement = running.asked === failing ? FAILURE : ALLOWED
          await new Promise((resolve) => setImmediate(resolve))
          running.now -= 1
          return judgement
        },
      })(createPolicy([A]), askerOf([{ namespace: 'team-a' }]), scope(text))
    const result = await authorize(0)
    assert.equal(result.ok && formatScope(result.value.access), text)
    assert.deepEqual(running, { now: 0, most: 4, asked: 11 })
    running.asked = 0
    assert.equal((await authorize(2)).ok, false)
    assert.equal(running.asked, 4)
  })

  it('asks about nobody where nobody is let in, and nowhere else', async () => {
    const text = 'repository:c/x:pull'
    const { answer, questions } = await authorized([A], text, () => ALLOWED, {}, [])
    assert.equal(answer, text)
    const [{ account, labels, share } = assert.fail()] = questions
    assert.deepEqual([account, labels, share], ['', undefined, undefined])
    const shut = await authorized([A], text, () => ALLOWED, { anonymous: false }, [])
    assert.deepEqual([shut.answer, shut.questions], ['', []])
  })
})

describe('authorize, of ServiceAccounts', () => {
  const POD = { namespace: 'team-a', serviceaccount: 'builder' }
  const OWN = ruleOf({ namespace: '*', name: '${namespace}/**' }, ['*'])
  const text = 'repository:team-a/x:delete,pull,push repository:c/x:pull,push'

  it('has a command let them pull and no more, and asks it nothing that a rule spares', async () => {
    const { answer, asked } = await authorized([OWN], text, () => ALLOWED, {}, [POD])
    assert.equal(answer, 'repository:c/x:pull repository:team-a/x:pull')
    assert.deepEqual(asked, ['repository:c/x:pull,push'])
  })

  it('asks a cluster what a rule spares, each action by itself', async () => {
    const judge = ({ resource }: Question): Judgement =>
      resource.name === 'c/x'
        ? { kind: 'allowed', actions: ['pull'] }
        : { kind: 'allowed', actions: ['push'] }
    const { answer, asked } = await authorized([OWN], text, judge, { decider: KUBERNETES }, [POD])
    assert.equal(answer, 'repository:c/x:pull repository:team-a/x:pull,push')
    assert.deepEqual(asked, ['repository:c/x:pull,push', 'repository:team-a/x:delete,push'])
  })

  const CLOSED: readonly (readonly [what: string, rules: Parameters<typeof createPolicy>[0]])[] = [
    ['denies', [ruleOf({ name: 'team-a/**' }, ['pull'])]],
    ['decides about them', [ruleOf({ name: 'team-a/**', serviceaccount: '*' }, ['pull'])]],
    [
      'may deny, where that cannot be told',
      [ruleOf({ name: 'team-a/**', hours: { from: 60 } }, ['pull']), OWN],
    ],
    ['may allow, and none for sure', [ruleOf({ name: 'team-a/**', hours: { from: 60 } }, ['*'])]],
  ]
  for (const [what, rules] of CLOSED) {
    it(`asks nobody where a rule ${what}`, async () => {
      const only = 'repository:team-a/x:push'
      const { asked } = await authorized(rules, only, () => ALLOWED, { decider: KUBERNETES }, [POD])
      assert.deepEqual(asked, [])
    })
  }

  it('asks nobody for a namespace itself, of which a rule spares nothing', async () => {
    const rules = [ruleOf({ name: 'team-a/**' }, ['pull'])]
    const found = await authorized(rules, text, () => ALLOWED, { decider: KUBERNETES })
    assert.deepEqual(found.asked, ['repository:c/x:pull,push'])
  })
})

describe('what a command allowed', () => {
  const token = async (
    presented = presentPassword('team-a', 'secret'),
    people = [person('team-a', 'secret')],
    actions = 'pull',
  ) => {
    const flows = startFlows(people)
    const { rules } = namespacePolicy({ public: [], shared: [] })
    flows.policy(createPolicy([...rules, NOTHING], [], { anonymous: true }))
    const authorize = createAuthorize({ ...COMMAND, ask: () => Promise.resolve(ALLOWED) })
    const told: string[] = []
    const record = ({ why }: DecisionEvent) => {
      const actions =
        (why?.() as Explanation | undefined)?.resources.flatMap((resource) => resource.actions) ??
        []
      told.push(...actions.map((one) => `${one.action} ${one.because} ${String(one.allowed)}`))
    }
    const issueToken = createIssueToken({ ...flows.deps, authorize, record }, flows.options)
    const requested = scope(`repository:tools/x:${actions}`)
    const { result } = await issueToken(
      accepted({
        ...{ service: 'internal-registry.io', requested, presented, account: '', offline: false },
      }),
      {},
    )
    assert.ok(result.ok)
    const check = async (target: string, commanded: boolean, method = 'GET') => {
      const checkAccess = flows.checkWith({}, { decider: commanded ? COMMAND : undefined, record })
      const authorization = `Bearer ${result.value.token}`
      const decision = await checkAccess(accepted({ method, target, authorization }), {})
      return decision.result.ok ? 'allowed' : decision.result.refusal.reason
    }
    return { flows, check, told }
  }

  it('passes the gateway as long as the token is for it, and no rule is about it', async () => {
    const { flows, check } = await token()
    assert.equal(await check('/v2/tools/x/manifests/v1', true), 'allowed')
    assert.equal(await check('/v2/tools/y/manifests/v1', true), 'access_denied')
    assert.equal(await check('/v2/tools/x/manifests/v1', false), 'access_denied')
    flows.policy(createPolicy([ruleOf({ name: 'tools/*' }, [])]))
    assert.equal(await check('/v2/tools/x/manifests/v1', true), 'access_denied')
  })

  it('is not what a rule allowed that is no more, whatever else was asked', async () => {
    const rule = ruleOf({ name: 'tools/*', serviceaccount: 'builder' }, ['pull', 'push'])
    for (const decider of [COMMAND, KUBERNETES]) {
      const flows = startFlows([])
      const source = { id: 'serviceAccounts', generation: 'g' }
      const who = { namespace: 'team-a', serviceaccount: 'builder' }
      const subject = vouchedSubject('builder', source, who)
      const yes: Answer = { kind: 'yes', subject }
      flows.sources([{ name: 'x', ask: () => Promise.resolve(yes) }], [source])
      flows.policy(createPolicy([rule]))
      const authorize = createAuthorize({ ...decider, ask: () => Promise.resolve(ALLOWED) })
      const issueToken = createIssueToken({ ...flows.deps, authorize }, flows.options)
      const presented = presentPassword('x', 'token')
      const requested = scope('repository:tools/x:pull,push repository:other/x:pull')
      const { result } = await issueToken(
        accepted({
          ...{ service: 'internal-registry.io', requested, presented, account: '', offline: false },
        }),
        {},
      )
      assert.ok(result.ok)
      const checkAccess = flows.checkWith({}, { decider })
      const authorization = `Bearer ${result.value.token}`
      const check = async (method: string, target: string) => {
        const request = { method, target: `/v2/${target}/manifests/v1`, authorization }
        return (await checkAccess(accepted(request), {})).result.ok
      }
      assert.equal(await check('PUT', 'tools/x'), true)
      // Then each would be for the decider to say: by no rule, or by one that spares ServiceAccounts.
      for (const rules of [[], [ruleOf({ name: '**' }, ['*'])]]) {
        flows.policy(createPolicy(rules))
        assert.equal(await check('PUT', 'tools/x'), false)
        assert.equal(await check('GET', 'tools/x'), rules.length > 0)
        assert.equal(await check('GET', 'other/x'), true, 'what it was asked about')
      }
    }
  })

  it('is explained as what the command allowed, and what it has not allowed as that', async () => {
    const { flows, check, told } = await token()
    await check('/v2/tools/x/manifests/v1', true)
    await check('/v2/tools/x/manifests/v1', true, 'PUT')
    flows.policy(createPolicy([ruleOf({ name: 'tools/*' }, ['pull'])]))
    await check('/v2/tools/x/manifests/v1', true)
    await check('/v2/tools/x/manifests/v1', false)
    const yes = 'pull decider true'
    assert.deepEqual(told, [
      ...[yes, yes, 'pull decider false', 'push decider false'],
      ...['pull rule true', 'pull rule true'],
    ])
  })

  it('ends with the credential', async () => {
    const { flows, check } = await token()
    flows.people([person('team-a', 'another')])
    assert.equal(await check('/v2/tools/x/manifests/v1', true), 'credential_revoked')
  })

  it('ends with any of the credentials that it was asked about, for it may rest on that one', async () => {
    const other = person('team-b', 'secret', 'team-a')
    const { flows, check } = await token(undefined, [person('team-a', 'secret'), other])
    assert.equal(await check('/v2/tools/x/manifests/v1', true), 'allowed')
    flows.people([other])
    assert.equal(await check('/v2/tools/x/manifests/v1', true), 'access_denied')
  })

  it('is cut with what the credential may do', async () => {
    const { flows, check } = await token(undefined, undefined, 'pull,push')
    const push = () => check('/v2/tools/x/manifests/v1', true, 'PUT')
    assert.equal(await push(), 'allowed')
    flows.people([{ ...person('team-a', 'secret'), actions: ['pull'] }])
    assert.equal(await push(), 'access_denied')
    assert.equal(await check('/v2/tools/x/manifests/v1', true), 'allowed')
  })

  it('is good for nobody, too', async () => {
    const { check } = await token(NOBODY)
    assert.equal(await check('/v2/tools/x/manifests/v1', true), 'allowed')
    assert.equal(await check('/v2/tools/y/manifests/v1', true), 'login_required')
    assert.equal(await check('/v2/tools/x/manifests/v1', false), 'token_invalid')
  })
})
