import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Api, SendOptions } from '../../../../src/adapters/kubernetes/api.ts'
import { ApiRefusal } from '../../../../src/adapters/kubernetes/api-refusal.ts'
import { createTokenReviews } from '../../../../src/adapters/kubernetes/token-review.ts'
import type { Mapping } from '../../../../src/mapping.ts'
import { Redacted } from '../../../../src/redacted.ts'

const AUDIENCES = ['registry.example', 'other.example']
const USERNAME = 'system:serviceaccount:team-a:builder'

/** Reviews of an API server that answers as it is told: what the real one can't be made to say. */
function start(
  answer: (options: SendOptions) => Promise<Mapping>,
  { atOnce = 4, timeout = 500 } = {},
) {
  const sent: (readonly [method: string, path: string, body: unknown])[] = []
  const send: Api['send'] = (method, path, options) => {
    sent.push([method, path, options.body])
    return answer(options)
  }
  const time = { ahead: 0 }
  const timer = () => performance.now() + time.ahead
  const reviews = createTokenReviews({
    ...{ api: { send }, audiences: AUDIENCES, atOnce, timeout, timer },
  })
  const verify = (token: string, address = '10.0.0.1') =>
    reviews.verify({ username: 'x', password: new Redacted(token), address })
  return { ...reviews, verify, sent, time }
}

const status = (parts: object) => () => Promise.resolve({ kind: 'TokenReview', status: parts })
const GOOD = { authenticated: true, user: { username: USERNAME }, audiences: ['registry.example'] }

describe('createTokenReviews', () => {
  it('sends the token with the audiences that it must be for', async () => {
    const { verify, sent } = start(status(GOOD))
    assert.deepEqual(await verify('a.b.c'), { kind: 'verified', username: USERNAME })
    const [[method, path, body] = []] = sent
    assert.deepEqual([method, path], ['POST', '/apis/authentication.k8s.io/v1/tokenreviews'])
    const { spec } = body as { spec: { token: Redacted<string>; audiences: string[] } }
    assert.deepEqual([spec.token.reveal(), spec.audiences], ['a.b.c', AUDIENCES])
    assert.ok(!JSON.stringify(body).includes('a.b.c'))
  })

  const TABLE: readonly (readonly [what: string, answer: Mapping, kind: 'no' | 'error'])[] = [
    ['not known', { status: { authenticated: false, error: 'x' } }, 'no'],
    ['known by a text', { status: { ...GOOD, authenticated: 'true' } }, 'no'],
    ['of a server that knows no audiences', { status: { ...GOOD, audiences: undefined } }, 'no'],
    ['for none of them', { status: { ...GOOD, audiences: [] } }, 'no'],
    ['for others', { status: { ...GOOD, audiences: ['https://kubernetes.default.svc'] } }, 'no'],
    ['for a text of theirs', { status: { ...GOOD, audiences: 'registry.example' } }, 'no'],
    ['of nobody', { status: { ...GOOD, user: {} } }, 'error'],
    ['of something else', { kind: 'Status' }, 'error'],
  ]
  for (const [what, answer, kind] of TABLE) {
    it(`is ${kind} for a token that is ${what}`, async () => {
      const { verify } = start(() => Promise.resolve(answer))
      assert.equal((await verify('a.b.c')).kind, kind)
    })
  }

  it('is an error, and told, as long as it is refused or not answered', async () => {
    let failing: Error | undefined = new ApiRefusal(403, '403: forbidden; next: rights', {})
    const { verify, problem, time } = start(() =>
      failing === undefined ? status(GOOD)() : Promise.reject(failing),
    )
    assert.equal(problem(), undefined)
    assert.deepEqual(await verify('a.b.c'), {
      ...{ kind: 'error', detail: 'the API server reviews no token: 403: forbidden; next: rights' },
    })
    assert.equal(problem(), 'the API server reviews no token: 403: forbidden; next: rights')
    time.ahead = 61_000
    assert.equal(problem(), undefined, 'nobody knows')
    await verify('a.b.c')
    assert.notEqual(problem(), undefined)
    failing = undefined
    assert.equal((await verify('a.b.c')).kind, 'verified')
    assert.equal(problem(), undefined)
  })

  it('waits no longer than it may, also for a login that never comes', async () => {
    const { verify } = start(() => new Promise(() => undefined), { timeout: 30 })
    // In rauth there is a connection that keeps the process.
    const alive = setInterval(() => undefined, 1_000)
    const found = await verify('a.b.c')
    clearInterval(alive)
    assert.deepEqual(found, {
      ...{ kind: 'error', detail: 'the API server reviews no token: no answer within 0.03 s' },
    })
  })

  it('asks about few at a time, and turns away what would wait behind too many', async () => {
    const held: (() => void)[] = []
    let most = 0
    let running = 0
    const { verify, sent } = start(
      async () => {
        running += 1
        most = Math.max(most, running)
        await new Promise<void>((resolve) => held.push(resolve))
        running -= 1
        return status(GOOD)()
      },
      { atOnce: 2, timeout: 60_000 },
    )
    const all = Array.from({ length: 100 }, (_, i) => verify(`a.${i}.c`))
    const other = verify('a.b.c', '10.9.9.9')
    const ended = { all: false }
    const done = Promise.all([...all, other]).finally(() => (ended.all = true))
    while (!ended.all) {
      for (const go of held.splice(0)) go()
      await new Promise(setImmediate)
    }
    const kinds = (await done).map(({ kind }) => kind)
    assert.equal(most, 2)
    // Of one network 8 for each that is under way; another one has its place.
    assert.equal(kinds.filter((kind) => kind === 'verified').length, 17)
    assert.equal(kinds.at(-1), 'verified')
    assert.equal(sent.length, 17)
  })
})
