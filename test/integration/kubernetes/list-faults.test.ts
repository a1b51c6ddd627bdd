import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import {
  answer,
  secretObject,
  startFakeApi,
  type FakeApi,
  type Fault,
} from '../../support/kubernetes/fake-api.ts'
import { follow, type Following, type FollowOptions } from '../../support/kubernetes/following.ts'
import { until } from '../../support/until.ts'

const login = (namespace: string, password = 'canary') => ({ username: namespace, password })
const status = (code: number, message: string) => ({ kind: 'Status', code, message })
/** Longer than a test takes on any machine, milliseconds. */
const NEVER = 600_000

describe('Secrets of the Kubernetes API, when a list goes wrong', () => {
  let api: FakeApi
  let following: Following | undefined

  beforeEach(async () => {
    api = await startFakeApi()
  })
  afterEach(async () => {
    const lines = following?.lines.join('\n') ?? ''
    await following?.close()
    await api.stop()
    assert.doesNotMatch(lines, /canary|Y2FuYXJ5/, 'a password is in the log')
  })

  async function start(options: FollowOptions = {}): Promise<Following> {
    following = await follow(api, { token: 'any' }, options)
    return following
  }
  const kinds = () => api.asked.map(({ kind }) => kind)

  it('is not ready before the last page', async () => {
    api.pageSize = 2
    for (const letter of 'abcde') api.quietly.put(`team-${letter}`, login(`team-${letter}`))
    let release: (() => void) | undefined
    const held: Fault = (response) => {
      const metadata = { resourceVersion: '105' }
      const object = secretObject(
        { namespace: 'team-e', uid: 'e', version: '105' },
        login('team-e'),
      )
      release = () => {
        answer(response, 200, { kind: 'SecretList', metadata, items: [object] })
      }
    }
    const usual: Fault = (response, url) => {
      api.faults.list.unshift()
      answer(response, 200, pageOf(url))
    }
    const pageOf = (url: URL) => {
      const first = !url.searchParams.has('continue')
      const items = (first ? ['a', 'b'] : ['c', 'd']).map((letter) =>
        secretObject(
          { namespace: `team-${letter}`, uid: letter, version: '104' },
          login(`team-${letter}`),
        ),
      )
      return { kind: 'SecretList', metadata: { resourceVersion: '105', continue: 'more' }, items }
    }
    api.faults.list.push(usual, usual, held)
    const { store, untilReady, accepts } = await start()
    await until('the last page', 20_000, () => release !== undefined)
    assert.equal(store.ready(), false)
    assert.equal(accepts('team-a', 'canary'), false)
    release?.()
    await untilReady()
    for (const letter of 'abcde') assert.ok(accepts(`team-${letter}`, 'canary'), letter)
    assert.deepEqual(kinds().slice(0, 3), ['list', 'page', 'page'])
  })

  it('begins anew when a page grew too old', async () => {
    api.pageSize = 1
    for (const letter of 'abc') api.quietly.put(`team-${letter}`, login(`team-${letter}`))
    const usual: Fault = (response) => {
      const metadata = { resourceVersion: '103', continue: 'more' }
      answer(response, 200, { kind: 'SecretList', metadata, items: [] })
    }
    api.faults.list.push(usual, (response) => {
      answer(response, 410, status(410, 'The provided continue parameter is too old'))
    })
    const { untilReady, accepts, store } = await start()
    await untilReady()
    for (const letter of 'abc') assert.ok(accepts(`team-${letter}`, 'canary'))
    assert.equal(store.problem(), undefined)
    assert.deepEqual(kinds().slice(0, 5), ['list', 'page', 'list', 'page', 'page'])
  })

  it('asks for smaller pages when one is too long', async () => {
    for (const letter of 'ab') api.quietly.put(`team-${letter}`, login(`team-${letter}`))
    const endless: Fault = (response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      const more = () => {
        while (response.write(' '.repeat(65_536)));
        response.once('drain', more)
      }
      more()
    }
    api.faults.list.push(endless, endless)
    const { untilReady, accepts } = await start()
    await untilReady()
    assert.ok(accepts('team-a', 'canary') && accepts('team-b', 'canary'))
    const limits = api.asked.slice(0, 3).map(({ query }) => query.get('limit'))
    assert.deepEqual(limits, ['500', '62', '7'])
  })

  /** For what never comes, milliseconds; what comes may be late. */
  const SHORTLY = 300
  const failures: readonly (readonly [
    what: string,
    fault: Fault,
    told: RegExp,
    patience?: number,
  ])[] = [
    [
      'is refused',
      (to) => {
        answer(to, 403, status(403, 'secrets is forbidden'))
      },
      /403: secrets.*; next: give it the rights in examples\/kubernetes/,
    ],
    [
      'is refused, as nobody showed who asks,',
      (to) => {
        const why = 'secrets is forbidden: User "system:anonymous" cannot list resource "secrets"'
        answer(to, 403, status(403, why))
      },
      /403: secrets.*; next: give the user in the kubeconfig a token or a certificate/,
    ],
    [
      'fails',
      (to) => {
        answer(to, 500, status(500, 'etcdserver: leader changed'))
      },
      /500: etcd/,
    ],
    ['is no JSON', (to) => void to.writeHead(200).end('canary {'), /a list that is none/],
    [
      'is no list',
      (to) => {
        answer(to, 200, { items: 'canary' })
      },
      /a list that is none/,
    ],
    [
      'breaks off',
      (to) => {
        to.writeHead(200, { 'content-length': 99 }).write('{', () => to.socket?.destroy())
      },
      /broke off|aborted/,
    ],
    ['is never answered', () => undefined, /no answer within 0\.3 s/, SHORTLY],
    [
      'stops in the middle',
      (to) => void to.writeHead(200).write('{"items":['),
      /nothing of an answer/,
      SHORTLY,
    ],
  ]
  for (const [what, fault, told, patience = 20_000] of failures) {
    it(`is ready once one comes, when the first ${what}`, async () => {
      api.quietly.put('team-a', login('team-a'))
      api.faults.list.push(fault, fault)
      const { store, untilReady, accepts, lines } = await start({ timings: { patience } })
      await until('the trouble', 20_000, () => store.problem() !== undefined)
      assert.match(store.problem() ?? '', told)
      assert.match(store.problem() ?? '', /nothing is known yet/)
      assert.equal(store.ready(), false)
      await untilReady()
      assert.ok(accepts('team-a', 'canary'))
      assert.equal(store.problem(), undefined)
      assert.match(lines.join('\n'), told)
      assert.match(lines.join('\n'), /info Secrets are followed again/)
    })
  }

  it('is ready without a namespace of several whose list fails, once another was served after a while', async () => {
    let asked = 0
    const first: Fault = (response, url) => {
      api.faults.list.unshift(first)
      const isBroken = url.pathname.includes('/team-b/')
      if (isBroken) asked += 1
      answer(response, 200, isBroken ? { items: 'canary' } : listOf('team-a'))
    }
    const listOf = (namespace: string) => {
      const object = secretObject({ namespace, uid: 'a', version: '101' }, login(namespace))
      return { kind: 'SecretList', metadata: { resourceVersion: '101' }, items: [object] }
    }
    api.faults.list.push(first)
    const timings = { grace: 3_000, recheck: 200, backoff: [20, 100] as const }
    following = await follow(api, { token: 'any' }, { namespaces: ['team-a', 'team-b'], timings })
    const { store, accepts, untilReady } = following
    const begin = performance.now()
    await until('some lists', 20_000, () => asked > 3 && accepts('team-a', 'canary'))
    assert.equal(store.ready(), false)
    await untilReady()
    assert.ok(performance.now() - begin > 500)
    assert.match(store.problem() ?? '', /^namespace team-b: a list that is none; nothing is known/)
    assert.ok(accepts('team-a', 'canary'))
  })

  it('takes a token that was rotated meanwhile, and asks no more than twice with a bad one', async () => {
    api.faults.list.push((response) => {
      answer(response, 401, status(401, 'Unauthorized'))
    })
    const { untilReady, answers } = await start()
    await untilReady()
    await until('a watch', 20_000, () => answers[200] === 2)
    assert.equal(answers[401], 1)
  })

  it('follows a namespace that is named twice once', async () => {
    api.quietly.put('team-a', login('team-a'))
    const { untilReady } = await start({ namespaces: ['team-a', 'team-a'] })
    await untilReady()
    await until('the watch', 20_000, () => kinds().includes('watch'))
    assert.deepEqual(kinds(), ['list', 'watch'])
  })

  it('finds by a list what a watch never told', async () => {
    api.quietly.put('team-a', login('team-a'))
    api.quietly.put('team-b', login('team-b', 'canary-1'))
    const { untilReady, untilAccepts, accepts } = await start({
      timings: { recheck: 300, silence: NEVER },
    })
    await untilReady()
    api.quietly.remove('team-a')
    api.quietly.put('team-b', login('team-b', 'canary-2'))
    api.quietly.put('team-c', login('team-c'))
    await untilAccepts('team-c', 'canary')
    assert.ok(!accepts('team-a', 'canary') && accepts('team-b', 'canary-2'))
    assert.equal(kinds().filter((kind) => kind === 'watch').length, 1, 'beside the watch')
  })

  it('does not take what a list had before for newer than what a watch told meanwhile', async () => {
    for (const letter of 'ab') api.quietly.put(`team-${letter}`, login(`team-${letter}`, 'old'))
    const { untilReady, untilAccepts, accepts } = await start({ timings: { recheck: 400 } })
    await untilReady()
    const before = ['a', 'b'].map((letter, i) =>
      secretObject(
        { namespace: `team-${letter}`, uid: `uid-${i + 1}`, version: String(101 + i) },
        login(`team-${letter}`, 'old'),
      ),
    )
    let release: (() => void) | undefined
    api.faults.list.push((response) => {
      const metadata = { resourceVersion: '102' }
      release = () => {
        answer(response, 200, { kind: 'SecretList', metadata, items: before })
      }
    })
    await until('the recheck', 20_000, () => release !== undefined)
    api.put('team-a', login('team-a', 'new'))
    api.remove('team-b')
    api.put('team-c', login('team-c'))
    await untilAccepts('team-c', 'canary')
    const asked = api.asked.length
    release?.()
    await until('the next recheck', 20_000, () => api.asked.length > asked)
    assert.ok(accepts('team-a', 'new') && !accepts('team-b', 'old') && accepts('team-c', 'canary'))
  })

  it('follows a cluster that was put back to an older state', async () => {
    api.quietly.put('team-a', login('team-a', 'later'))
    // Whoever took that for a failure would wait.
    const timings = { recheck: 300, silence: NEVER, backoff: [60_000, 60_000] as const }
    const { untilReady, untilAccepts, ends } = await start({ timings })
    await untilReady()
    api.setVersion(40)
    api.quietly.put('team-a', login('team-a', 'before'))
    await untilAccepts('team-a', 'before')
    await until('a watch from there on', 20_000, () =>
      api.asked.some(
        ({ kind, query }) => kind === 'watch' && query.get('resourceVersion') === '41',
      ),
    )
    api.put('team-a', login('team-a', 'after'))
    await untilAccepts('team-a', 'after')
    assert.deepEqual(ends, {})
  })
})
