import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { Redacted } from '../../../src/redacted.ts'
import { ask } from '../../support/http.ts'
import { openLiveView, type OpenedLiveView } from '../../support/live-view/opened.ts'
import { openStream } from '../../support/live-view/stream.ts'

const TOKEN = 'a-token-of-more-than-20-characters'

/** Where there is something to be seen. */
const DATA = ['about', 'tables', 'stream', 'decisions/some-id', 'ask?repository=a/b&actions=pull']

describe('the live view without a token', () => {
  let view: OpenedLiveView
  beforeEach(async () => {
    view = await openLiveView()
  })
  afterEach(() => view.close())

  it('answers this machine, with what keeps a browser from all else', async () => {
    const { status, headers } = await ask(view.port, '/live/')
    assert.equal(status, 200)
    assert.equal(
      headers['content-security-policy'],
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; " +
        "form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
    )
    const expected = {
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
      'cross-origin-resource-policy': 'same-origin',
    }
    for (const [name, value] of Object.entries(expected)) assert.equal(headers[name], value, name)
  })

  it('serves the files of its page, each as what it is, and no others', async () => {
    const page = await ask(view.port, '/live/')
    const names = [...page.body.matchAll(/(?:href|src)="([\w.]+)"/g)].map(([, name]) => name ?? '')
    assert.deepEqual(names, ['page.css', 'page.js'])
    for (const name of [...names, 'dom.js', 'login.html']) {
      const { status, headers } = await ask(view.port, `/live/${name}`)
      assert.equal(status, 200, name)
      assert.match(headers['content-type'] ?? '', /^text\/(?:css|javascript|html); charset=utf-8$/)
    }
    for (const path of ['page.ts', '../server.ts', '..%2fserver.ts', 'page/page.js', 'toString']) {
      assert.equal((await ask(view.port, `/live/${path}`)).status, 404, path)
    }
    assert.equal((await ask(view.port, '/live')).headers['location'], '/live/')
    const { status, body } = await ask(view.port, '/lively')
    assert.equal(status, 404)
    assert.ok((JSON.parse(body) as { paths: string[] }).paths.includes('/live/'))
  })

  for (const [why, headers] of [
    ['under a name that was pointed here', { host: 'rebound.example' }],
    ['by way of a proxy', { 'x-forwarded-for': '127.0.0.1' }],
  ] as const) {
    it(`answers nobody ${why}`, async () => {
      for (const path of ['', 'page.js', ...DATA]) {
        const { status, body } = await ask(view.port, `/live/${path}`, { headers })
        assert.equal(status, 403, path)
        assert.match(body, /kubectl port-forward/)
      }
    })
  }

  it('answers no page of another origin, not even one of this machine', async () => {
    for (const path of DATA) {
      for (const headers of [
        { 'sec-fetch-site': 'same-site' },
        { origin: 'http://localhost:3000' },
      ]) {
        assert.equal((await ask(view.port, `/live/${path}`, { headers })).status, 403, path)
      }
    }
  })

  it('takes no other method', async () => {
    for (const path of ['', ...DATA]) {
      const { status, headers } = await ask(view.port, `/live/${path}`, {
        method: 'POST',
        body: 'x',
      })
      assert.deepEqual([status, headers['allow']], [405, 'GET, HEAD'], path)
    }
  })
})

describe('the live view with a token', () => {
  let view: OpenedLiveView
  let token = TOKEN
  beforeEach(async () => {
    token = TOKEN
    view = await openLiveView({ token: () => Promise.resolve(new Redacted(token)) })
  })
  afterEach(() => view.close())

  const bearer = (text: string) => ({ headers: { authorization: `Bearer ${text}` } })
  const login = (text: string, headers: Record<string, string> = {}) =>
    ask(view.port, '/live/login', {
      method: 'POST',
      headers: { ...bearer(text).headers, ...headers },
    })

  it('shows nobody without it anything but the page that asks for it', async () => {
    const page = await ask(view.port, '/live/')
    assert.equal(page.status, 401)
    assert.match(page.body, /<form id="login"/)
    for (const path of DATA) {
      const { status, headers } = await ask(view.port, `/live/${path}`)
      assert.deepEqual(
        [status, headers['www-authenticate']],
        [401, 'Bearer realm="rauth live view"'],
      )
    }
  })

  it('lets it in as a header, whatever name and proxies it came by', async () => {
    const headers = { host: 'rauth.example', 'x-forwarded-for': '10.1.2.3' }
    const answer = await ask(view.port, '/live/about', {
      headers: { ...headers, ...bearer(TOKEN).headers },
    })
    assert.equal(answer.status, 200)
  })

  it('gives a cookie for it that scripts do not see, and that ends with the token', async () => {
    const { status, headers } = await login(TOKEN)
    assert.equal(status, 200)
    const [cookie = '', ...rest] = (headers['set-cookie'] ?? '').split('; ')
    assert.deepEqual(rest, ['Path=/live', 'Max-Age=43200', 'HttpOnly', 'SameSite=Strict'])
    const get = (path: string) => ask(view.port, `/live/${path}`, { headers: { cookie } })
    assert.equal((await get('about')).status, 200)
    assert.match((await get('')).body, /id="decisions"/)
    const stream = await openStream(view.port, { headers: { cookie } })
    assert.equal(stream.status, 200)
    stream.close()
    token = 'another-token-of-more-than-20'
    assert.equal((await get('about')).status, 401)
    assert.match((await get('')).body, /<form id="login"/)
  })

  it('marks the cookie for https where the browser came by it, and takes it back', async () => {
    const secure = await login(TOKEN, { host: 'rauth.example', origin: 'https://rauth.example' })
    assert.match(secure.headers['set-cookie'] ?? '', /; Secure$/)
    const out = await ask(view.port, '/live/logout', { method: 'POST' })
    assert.match(out.headers['set-cookie'] ?? '', /^rauth_live_view=; Path=\/live; Max-Age=0; /)
  })

  it('answers a wrong one late, more than a few at a time not at all, and the right one at once', async () => {
    const begin = performance.now()
    const tries = Array.from({ length: 12 }, (_, at) => login(`wrong-${at}`))
    const statuses = (await Promise.all(tries)).map(({ status }) => status)
    assert.ok(performance.now() - begin > 990)
    assert.deepEqual(
      [statuses.filter((status) => status === 401).length, statuses.includes(429)],
      [5, true],
    )
    const times: number[] = []
    for (let at = 0; at < 5; at += 1) {
      const good = performance.now()
      assert.equal((await login(TOKEN)).status, 200)
      times.push(performance.now() - good)
    }
    // The shortest: a machine that is late is not so each time.
    assert.ok(Math.min(...times) < 900, times.join())
  })

  it('takes it from no URL and from no page of another origin', async () => {
    assert.equal((await ask(view.port, `/live/about?token=${TOKEN}`)).status, 401)
    assert.equal((await login(TOKEN, { origin: 'http://evil.example' })).status, 403)
    assert.equal((await ask(view.port, '/live/login', bearer(TOKEN))).status, 405)
  })
})

describe('the live view whose token can’t be read', () => {
  it('lets nobody in, and tells', async () => {
    const told: unknown[] = []
    const view = await openLiveView({
      token: () => Promise.reject(new Error('gone')),
      onFailure: (thrown) => told.push(thrown),
    })
    try {
      for (const path of ['', ...DATA]) {
        assert.equal((await ask(view.port, `/live/${path}`)).status, 503, path)
      }
      assert.equal(told.length, DATA.length + 1)
    } finally {
      await view.close()
    }
  })
})
