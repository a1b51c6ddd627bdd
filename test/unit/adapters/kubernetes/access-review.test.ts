import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Api } from '../../../../src/adapters/kubernetes/api.ts'
import { ApiRefusal } from '../../../../src/adapters/kubernetes/api-refusal.ts'
import { accessSpec } from '../../../../src/adapters/kubernetes/access-attributes.ts'
import { createAccessReviews } from '../../../../src/adapters/kubernetes/access-review.ts'
import type { Question } from '../../../../src/authorize.ts'
import type { Mapping } from '../../../../src/mapping.ts'

const question = (more: Partial<Question> = {}, actions = ['pull', 'push']): Question => ({
  ...{ account: 'ci', holder: { namespace: 'team-a' }, labels: undefined },
  resource: { type: 'repository', name: 'team-b/app/web', actions },
  ...{ service: 'registry.test', address: '10.0.0.1', share: 'team-a' },
  ...more,
})

const NOBODY = { holder: undefined, account: '', share: undefined }

const BUILDER = { namespace: 'team-a', serviceaccount: 'builder' }

describe('accessSpec', () => {
  const WHO: readonly (readonly [Partial<Question>, user: string, groups: readonly string[]])[] = [
    [{}, 'rauth:team-a/ci', ['rauth:authenticated', 'rauth:namespace:team-a']],
    [
      { holder: { ...BUILDER, ofThisCluster: true }, account: 'anything' },
      'system:serviceaccount:team-a:builder',
      ['system:serviceaccounts', 'system:serviceaccounts:team-a', 'system:authenticated'],
    ],
    [
      { holder: BUILDER, account: 'system:serviceaccount:team-a:builder' },
      'rauth:serviceaccount:team-a:builder',
      ['rauth:authenticated', 'rauth:serviceaccounts', 'rauth:serviceaccounts:team-a'],
    ],
    [NOBODY, 'system:anonymous', ['system:unauthenticated']],
    [{ holder: {}, account: 'system:admin' }, 'rauth:/system:admin', ['rauth:authenticated']],
    [
      { holder: {}, account: 'github:acme/app', labels: { group: ['a', 'b'], 'x=y': ['z'] } },
      'rauth:/github:acme/app',
      ['rauth:authenticated', 'rauth:label:group=a', 'rauth:label:group=b'],
    ],
  ]
  for (const [who, user, groups] of WHO) {
    it(`asks about ${user}`, () => {
      const spec = accessSpec(question(who), 'pull')
      assert.deepEqual([spec?.user, spec?.groups], [user, groups])
    })
  }

  const WHAT: readonly (readonly [name: string, action: string, is: readonly string[]])[] = [
    ['team-b/app', 'pull', ['get', 'team-b', 'app']],
    ['team-b/app/web', 'push', ['update', 'team-b', 'app/web']],
    ['team-b/app', 'delete', ['delete', 'team-b', 'app']],
    ['team-b/app', '*', ['*', 'team-b', 'app']],
    ['library', 'pull', ['get', '', 'library']],
  ]
  for (const [name, action, is] of WHAT) {
    it(`asks about ${action} of ${name}`, () => {
      const resource = { type: 'repository', name, actions: [action] }
      const found = accessSpec(question({ resource }), action)?.resourceAttributes
      assert.deepEqual([found?.verb, found?.namespace, found?.name], is)
      assert.deepEqual([found?.group, found?.resource], ['registry.rauth.dev', 'repositories'])
    })
  }

  it('asks about nothing else', () => {
    const catalog = { type: 'registry', name: 'catalog', actions: ['*'] }
    assert.equal(accessSpec(question({ resource: catalog }), '*'), undefined)
    for (const action of ['list', 'constructor', '']) {
      assert.equal(accessSpec(question(), action), undefined)
    }
    for (const action of ['push', 'delete', '*']) {
      assert.equal(accessSpec(question(NOBODY), action), undefined)
    }
  })

  it('has no more groups than there can be', () => {
    const labels = { group: Array.from({ length: 5_000 }, (_, i) => `g${i}`) }
    assert.equal(accessSpec(question({ holder: {}, labels }), 'pull')?.groups.length, 513)
  })
})

/** An API server that allows verbs, or fails: what the real one can't be made to do. */
function start(
  answer: (verb: string) => Promise<Mapping> | Mapping,
  { remember = 1_000, atOnce = 4 } = {},
) {
  const time = { now: 0 }
  const verbs: string[] = []
  const send: Api['send'] = async (_method, _path, { body }) => {
    const { resourceAttributes } = body?.['spec'] as { resourceAttributes: { verb: string } }
    verbs.push(resourceAttributes.verb)
    await Promise.resolve()
    return answer(resourceAttributes.verb)
  }
  const { ask, problem } = createAccessReviews({
    ...{ api: { send }, atOnce, timeout: 60_000, remember, timer: () => time.now },
  })
  return { ask, problem, time, verbs }
}

const status = (parts: object) => ({ kind: 'SubjectAccessReview', status: parts })

describe('createAccessReviews', () => {
  it('allows each action that is', async () => {
    const { ask, verbs } = start((verb) => status({ allowed: verb === 'get' }))
    assert.deepEqual(await ask(question()), { kind: 'allowed', actions: ['pull'] })
    assert.deepEqual(await ask(question({}, ['push'])), { kind: 'denied' })
    assert.deepEqual(verbs, ['get', 'update'])
  })

  it('tells for a minute that the API server reviewed no access, or until it does', async () => {
    let isAway = true
    const { ask, problem, time } = start(
      () => (isAway ? Promise.reject(new Error('away')) : status({ allowed: true })),
      { remember: 0 },
    )
    assert.equal(problem(), undefined)
    assert.equal((await ask(question())).kind, 'failure')
    assert.equal(problem(), 'the API server reviews no access: away')
    time.now += 61_000
    assert.equal(problem(), undefined)
    await ask(question())
    assert.notEqual(problem(), undefined)
    isAway = false
    await ask(question())
    assert.equal(problem(), undefined)
  })

  it('takes nothing but a yes for one', async () => {
    for (const parts of [{}, { allowed: 'true' }, { allowed: false, evaluationError: '' }]) {
      assert.deepEqual(await start(() => status(parts)).ask(question()), { kind: 'denied' })
    }
  })

  it('tells what could not be looked at for it', async () => {
    const evaluationError = 'role "x" not\nfound'
    const { ask } = start((verb) => status({ allowed: verb === 'get', evaluationError }))
    const detail = 'role "x" not\\u000afound'
    assert.deepEqual(await ask(question({}, ['push'])), { kind: 'denied', detail })
    assert.deepEqual(await ask(question()), { kind: 'allowed', actions: ['pull'], detail })
  })

  it('has places for those who logged in that nobody takes', async () => {
    const { ask } = start(() => new Promise(() => undefined), { atOnce: 4 })
    const strangers = Array.from({ length: 200 }, (_, i) => ({
      ...{ ...NOBODY, address: `192.0.2.${i}` },
      resource: { type: 'repository', name: `a/x${i}`, actions: ['pull'] },
    }))
    const turnedAway = { count: 0 }
    for (const one of strangers) {
      void ask(question(one)).then(({ kind }) => (turnedAway.count += kind === 'failure' ? 1 : 0))
    }
    await new Promise((resolve) => setImmediate(resolve))
    assert.ok(turnedAway.count > 150)
    let refused = false
    void ask(question()).then(() => (refused = true))
    await new Promise((resolve) => setImmediate(resolve))
    assert.equal(refused, false, 'it waits for its answer, as one that has a place')
  })

  it('has nobody wait behind what somebody else asked first', async () => {
    const { ask, verbs } = start(() => new Promise(() => undefined), { atOnce: 8 })
    for (const address of ['192.0.2.1', '192.0.2.2']) {
      void ask(question({ ...NOBODY, address }, ['pull']))
    }
    await new Promise((resolve) => setImmediate(resolve))
    assert.equal(verbs.length, 2)
  })

  it('fails where one of them has no answer, and remembers that of no failure', async () => {
    let failing = true
    const { ask } = start((verb) => {
      if (failing && verb === 'update') throw new ApiRefusal(403, '403: forbidden', {})
      return status({ allowed: true })
    })
    assert.deepEqual(await ask(question()), {
      ...{ kind: 'failure', detail: 'the API server reviews no access: 403: forbidden' },
    })
    failing = false
    assert.equal((await ask(question())).kind, 'allowed')
    assert.equal((await start(() => ({})).ask(question())).kind, 'failure')
  })

  it('remembers a yes and a no for a while, of each who and what by itself', async () => {
    const { ask, time, verbs } = start((verb) => status({ allowed: verb === 'get' }))
    for (const [now, asked] of [
      [0, 2],
      [999, 2],
      [1_000, 4],
    ] as const) {
      time.now = now
      await ask(question())
      assert.equal(verbs.length, asked, `${now}`)
    }
    await ask(question({ account: 'other' }))
    await ask(question({ resource: { type: 'repository', name: 'team-b/x', actions: ['pull'] } }))
    assert.equal(verbs.length, 7)
    const never = start(() => status({ allowed: true }), { remember: 0 })
    await never.ask(question())
    await never.ask(question())
    assert.equal(never.verbs.length, 4)
  })

  it('asks the same once at a time, and turns away what would wait behind too many', async () => {
    const { ask, verbs } = start(() => status({ allowed: true }), { atOnce: 1 })
    const same = await Promise.all(Array.from({ length: 50 }, () => ask(question())))
    assert.ok(same.every(({ kind }) => kind === 'allowed'))
    assert.equal(verbs.length, 2)
    const many = await Promise.all(
      Array.from({ length: 50 }, (_, i) => ask(question({ account: `ci-${i}` }, ['pull']))),
    )
    // One namespace has 8 places of one that is asked at a time.
    assert.equal(many.filter(({ kind }) => kind === 'failure').length, 42)
  })
})
