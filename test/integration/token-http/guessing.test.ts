import assert from 'node:assert/strict'
import { connect, type Socket } from 'node:net'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { BoundedLimiter } from '../../../src/adapters/throttle/bounded-limiter.ts'
import { createFailureCounter } from '../../../src/adapters/throttle/failure-counter.ts'
import { networkOf } from '../../../src/adapters/network.ts'
import { createGuessGuard } from '../../../src/credentials/guessing.ts'
import { createPasswordHasher } from '../../../src/credentials/password.ts'
import { person } from '../../support/flows.ts'
import { ask, basic, type Question } from '../../support/http.ts'
import { until } from '../../support/until.ts'
import { PASSWORD, SERVICE, startTokenService, type TokenService } from './token-service.ts'

const FAILURES = 10
const PER_NETWORK = 50
const WINDOW = 300

const PROXY = '127.0.0.9'

function startGuarded(clock: { now: number }): Promise<TokenService> {
  const limits = { window: WINDOW, buckets: 1_000, timer: () => clock.now * 1000 }
  return startTokenService({
    refresh: true,
    trustedProxies: [{ address: PROXY, prefix: 32, family: 'ipv4' }],
    guard: createGuessGuard({
      store: { byUsername: () => [] },
      networkOf,
      hasher: createPasswordHasher(Buffer.alloc(32, 1)),
      failures: createFailureCounter({
        bySource: new BoundedLimiter({ ...limits, points: FAILURES }),
        byNetwork: new BoundedLimiter({ ...limits, points: PER_NETWORK }),
        tokens: new BoundedLimiter({ ...limits, points: PER_NETWORK }),
        key: Buffer.alloc(32, 2),
      }),
    }),
  })
}

describe('guessing at the token endpoint', () => {
  let service: TokenService
  let clock: { now: number }
  beforeEach(async () => {
    clock = { now: 0 }
    service = await startGuarded(clock)
  })
  afterEach(() => service.listener.close(0))

  const path = `/token?service=${SERVICE}`
  function get(password: string, { headers = {}, ...question }: Question = {}, more = '') {
    const authorization = basic('team-a', password)
    return ask(service.port, `${path}${more}`, {
      ...question,
      headers: { authorization, ...headers },
    })
  }
  function post(fields: Readonly<Record<string, string>>, question: Question = {}) {
    return ask(service.port, '/token', {
      ...{ method: 'POST', body: new URLSearchParams({ service: SERVICE, ...fields }).toString() },
      ...question,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    })
  }
  const status = async (answer: Promise<{ readonly status: number }>) => (await answer).status

  async function fill(question: Question = {}) {
    for (let i = 0; i < FAILURES; i += 1) {
      assert.equal(await status(get(`wrong ${String(i)}`, question)), 401)
    }
  }

  it('answers 429 as registry clients and OAuth ones read it', async () => {
    await fill()
    clock.now = 100.2
    const answer = await get(PASSWORD)
    assert.equal(answer.status, 429)
    assert.equal(answer.headers['retry-after'], '200')
    assert.equal(answer.headers['www-authenticate'], undefined)
    assert.equal(answer.headers['cache-control'], 'no-store')
    const body = JSON.parse(answer.body) as {
      errors: { code: string; message: string; detail: { reason: string } }[]
      error: string
    }
    assert.equal(body.errors[0]?.code, 'TOOMANYREQUESTS')
    assert.equal(body.errors[0].detail.reason, 'too_many_failures')
    assert.equal(body.error, 'temporarily_unavailable')
    assert.equal(service.events.at(-1)?.reason, 'too_many_failures')
    assert.equal(service.events.at(-1)?.detail, 'for team-a')
    clock.now = WINDOW
    assert.equal(await status(get(PASSWORD)), 200)
  })

  it('records no user name that is none: it may be a password', async () => {
    const authorization = basic('canary', 'team-a')
    for (let i = 0; i <= FAILURES; i += 1) {
      await ask(service.port, path, { headers: { authorization } })
    }
    assert.equal(service.events.at(-1)?.reason, 'too_many_failures')
    assert.doesNotMatch(JSON.stringify(service.events), /canary/)
  })

  it('never locks the namespace: others come in', async () => {
    await fill()
    assert.equal(await status(get(PASSWORD, { from: '127.0.0.2' })), 200)
    assert.equal(await status(ask(service.port, `${path}&scope=repository:library/a:pull`)), 200)
  })

  it('lets a login go on that succeeded from there, until its Secret changes', async () => {
    assert.equal(await status(get(PASSWORD)), 200)
    await fill()
    for (let i = 0; i < 3; i += 1) assert.equal(await status(get(PASSWORD)), 200)
    const form = { grant_type: 'password', username: 'team-a', password: PASSWORD }
    assert.equal(await status(post(form)), 200)
    assert.equal(await status(get('wrong')), 429)
    service.people([person('team-a', 'another')])
    assert.equal(await status(get(PASSWORD)), 401)
    assert.equal(await status(get(PASSWORD)), 429)
    assert.equal(await status(get('another')), 429)
    assert.equal(await status(get('another', { from: '127.0.0.2' })), 200)
  })

  it('counts the two tries of containerd as two', async () => {
    const form = { grant_type: 'password', username: 'team-a', password: 'old' }
    for (let pull = 0; pull < FAILURES / 2; pull += 1) {
      assert.equal(await status(post(form)), 401)
      assert.equal(await status(get('old')), 401)
    }
    assert.equal(await status(post(form)), 429)
  })

  it('counts a wrong account, and no request without credentials', async () => {
    for (let i = 0; i < 2 * FAILURES; i += 1) {
      assert.equal(await status(ask(service.port, path)), 401)
    }
    for (let i = 0; i < FAILURES; i += 1) {
      assert.equal(await status(get(PASSWORD, {}, '&account=team-b')), 401)
    }
    assert.equal(await status(get('wrong')), 429)
  })

  it('takes no failure away for a refresh', async () => {
    const granted = await get(PASSWORD, {}, '&offline_token=true')
    const { refresh_token: token } = JSON.parse(granted.body) as { refresh_token: string }
    const refresh = () => post({ grant_type: 'refresh_token', refresh_token: token })
    for (let i = 0; i < FAILURES; i += 1) {
      assert.equal(await status(get(`wrong ${String(i)}`)), 401)
      assert.equal(await status(refresh()), 200)
    }
    assert.equal(await status(get('wrong')), 429)
    assert.equal(await status(refresh()), 200)
  })

  it('ends for 100 guesses at once as for those one after the other', async () => {
    const many = Array.from({ length: 100 }, (_, i) => status(get(`wrong ${String(i)}`)))
    const statuses = await Promise.all(many)
    assert.equal(statuses.filter((one) => one === 401).length, FAILURES)
    assert.equal(statuses.filter((one) => one === 429).length, 100 - FAILURES)
  })

  it('ends for one password tried with many user names', async () => {
    const spray = (i: number) => {
      const authorization = basic(`team-${String(i)}`, 'summer')
      return status(ask(service.port, path, { headers: { authorization } }))
    }
    for (let i = 0; i < PER_NETWORK; i += 1) assert.equal(await spray(i), 401)
    assert.equal(await spray(PER_NETWORK), 429)
  })

  it('is counted by the socket for whoever is no trusted proxy', async () => {
    for (let i = 0; i < FAILURES; i += 1) {
      const headers = { 'x-forwarded-for': `192.0.2.${String(i)}` }
      assert.equal(await status(get('wrong', { headers })), 401)
    }
    const headers = { 'x-forwarded-for': '192.0.2.99' }
    assert.equal(await status(get(PASSWORD, { headers })), 429)
    assert.ok(service.events.every(({ address }) => address === '127.0.0.1'))
  })

  it('is counted by who a trusted proxy names, and not by what stands before that', async () => {
    const from = PROXY
    for (let i = 0; i < FAILURES; i += 1) {
      const headers = { 'x-forwarded-for': [`203.0.113.${String(i)}`, '2001:db8::7'] }
      assert.equal(await status(get('wrong', { headers, from })), 401)
    }
    const same = { 'x-forwarded-for': '203.0.113.99, 2001:db8::8' }
    assert.equal(await status(get(PASSWORD, { headers: same, from })), 429)
    const other = { 'x-forwarded-for': '2001:db8::7, 2001:db8:0:1::7' }
    assert.equal(await status(get(PASSWORD, { headers: other, from })), 200)
    assert.equal(service.events.at(-1)?.address, '2001:db8:0:1::7')
  })
})

describe('500 slow clients', () => {
  let service: TokenService
  const sockets: Socket[] = []
  const gone = () => sockets.filter(({ closed }) => closed).length
  before(async () => {
    service = await startGuarded({ now: 0 })
    for (let attempt = 1; ; attempt += 1) {
      const begin = performance.now()
      await open()
      // Not so late that the first of them have little time left.
      const inTime = performance.now() - begin < service.server.headersTimeout / 4
      if (inTime || attempt === 10) return
      for (const socket of sockets.splice(0)) socket.destroy()
    }
  })
  async function open(): Promise<void> {
    const opened = Array.from(
      { length: 500 },
      () =>
        new Promise<void>((resolve, reject) => {
          const socket = connect({ host: '127.0.0.1', port: service.port }, () => {
            socket.write('GET /token HTTP/1.1\r\nHost: registry.test\r\n')
            resolve()
          })
          socket.on('error', reject).resume()
          sockets.push(socket)
        }),
    )
    await Promise.all(opened)
  }
  after(async () => {
    for (const socket of sockets) socket.destroy()
    await service.listener.close(0)
  })

  it('keep nobody from a token', async () => {
    const trickle = setInterval(() => {
      for (const socket of sockets) if (socket.writable) socket.write('X-A: b\r\n')
    }, 200)
    const times: number[] = []
    try {
      const start = performance.now()
      // Before the time of the slow ones is over.
      while (times.length < 100 && performance.now() - start < 3_000 && gone() === 0) {
        const begin = performance.now()
        const answer = await ask(service.port, `/token?service=${SERVICE}`, {
          headers: { authorization: basic('team-a', PASSWORD) },
        })
        times.push(performance.now() - begin)
        assert.equal(answer.status, 200)
      }
      assert.ok(times.length > 5)
      // Far more than it takes; but none of them waits for the slow ones, which have 5 s.
      const usual = times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? Infinity
      assert.ok(usual < 2_000, `half of them took ${usual} ms and more`)
      await until('they are gone in the end', 60_000, () => gone() === 500)
    } finally {
      clearInterval(trickle)
    }
  })
})
