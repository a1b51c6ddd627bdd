import assert from 'node:assert/strict'
import { request } from 'node:http'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { after, before, describe, it } from 'node:test'
import { LINGER } from '../../../src/adapters/http-exchange.ts'
import { unknownPath } from '../../../src/adapters/token-http/unknown-path.ts'
import type { Reason } from '../../../src/refusal.ts'
import { ask, basic, type Answer } from '../../support/http.ts'
import { assertHungUpOn, exchange, head, type Received } from '../../support/wire.ts'
import { PASSWORD, REALM, SERVICE, startTokenService, type TokenService } from './token-service.ts'

const LOGIN = { authorization: basic('team-a', PASSWORD) }
const QUERY = `service=${SERVICE}`
const OWN = `${QUERY}&scope=repository:team-a/app:pull,push`

interface ErrorAnswer {
  readonly errors: readonly [
    { code: string; message: string; detail: { reason: string; decision: string } },
  ]
  readonly error: string
  readonly error_description: string
}

const errorOf = (body: string) => JSON.parse(body) as ErrorAnswer
const tokenOf = (body: string) => JSON.parse(body) as Record<string, unknown>
const claimsOf = ({ body }: Answer) =>
  JSON.parse(
    Buffer.from(String(tokenOf(body)['token']).split('.')[1] ?? '', 'base64url').toString(),
  ) as Record<string, unknown>

/** The one shape of every refusal, and no trace of what is behind it. */
function assertRefused(body: string, reason: Reason): void {
  const { errors, error, error_description: description, ...rest } = errorOf(body)
  assert.equal(errors.length, 1)
  assert.equal(errors[0].detail.reason, reason)
  assert.match(errors[0].detail.decision, /^[0-9a-f-]{36}$/)
  assert.ok(errors[0].code && errors[0].message && error && description)
  assert.deepEqual(rest, {}, 'a top-level "details" would replace the message in docker')
  assert.doesNotMatch(body, /\bat .*\.js|node:|Error:/)
}

/** One answer in that shape, then the end of the connection. */
function assertClosed({ text, statuses, body }: Received, status: number, reason: Reason): void {
  assert.deepEqual(statuses, [status], text)
  assert.match(text, /^connection: close\r$/im)
  assert.match(text, /^content-type: application\/json\r$/im)
  assert.match(text, /^cache-control: no-store\r$/im)
  assert.match(text, /^date: \w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT\r$/im)
  assertRefused(body, reason)
}

describe('token server', () => {
  let service: TokenService
  before(async () => {
    service = await startTokenService()
  })
  after(() => service.listener.close(100))

  const get = (query: string, headers: Record<string, string | readonly string[]> = LOGIN) =>
    ask(service.port, `/token?${query}`, { headers })

  describe('a token', () => {
    for (const path of ['/token', '/auth']) {
      it(`comes from ${path}`, async () => {
        const answer = await ask(service.port, `${path}?${OWN}`, { headers: LOGIN })
        assert.equal(answer.status, 200, answer.body)
        const { token, access_token, expires_in, issued_at, ...rest } = tokenOf(answer.body)
        assert.match(String(token), /^[\w-]+\.[\w-]+\.[\w-]+$/)
        assert.equal(access_token, token)
        assert.equal(expires_in, 900, 'that of tokens that can push')
        assert.match(String(issued_at), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
        assert.deepEqual(rest, {}, 'a refresh token would make crane use it for everything')
        const claims = claimsOf(answer)
        assert.equal(claims['aud'], SERVICE)
        assert.equal(claims['sub'], 'team-a')
        assert.deepEqual(claims['access'], [
          { type: 'repository', name: 'team-a/app', actions: ['pull', 'push'] },
        ])
      })
    }

    it('is kept by nobody and says nothing about the server', async () => {
      const { headers } = await get(OWN)
      assert.equal(headers['cache-control'], 'no-store')
      assert.equal(headers['content-type'], 'application/json')
      for (const name of ['x-powered-by', 'etag', 'server', 'access-control-allow-origin']) {
        assert.equal(headers[name], undefined, name)
      }
    })

    it('has no CORS, whoever asks', async () => {
      const { headers } = await get(OWN, { ...LOGIN, origin: 'https://evil.test' })
      assert.deepEqual(
        Object.keys(headers).filter((name) => name.startsWith('access-control-')),
        [],
      )
    })

    it('is given for a login without scope, with no access in it', async () => {
      const answer = await get(`account=team-a&client_id=docker&offline_token=true&${QUERY}`)
      assert.equal(answer.status, 200, answer.body)
      assert.deepEqual(claimsOf(answer)['access'], [])
      assert.equal(tokenOf(answer.body)['refresh_token'], undefined)
    })

    it('holds less than was asked for where the policy says so', async () => {
      const answer = await get(`${OWN}&scope=repository:team-b/app:pull`)
      assert.equal(answer.status, 200)
      assert.deepEqual(claimsOf(answer)['access'], [
        { type: 'repository', name: 'team-a/app', actions: ['pull', 'push'] },
      ])
    })

    it('holds scopes that are repeated and joined by spaces', async () => {
      const scope = 'scope=repository:team-a/x:pull+repository:team-a/y:pull'
      const answer = await get(`${QUERY}&${scope}&scope=repository:team-a%2Fx:push`)
      assert.deepEqual(claimsOf(answer)['access'], [
        { type: 'repository', name: 'team-a/x', actions: ['pull', 'push'] },
        { type: 'repository', name: 'team-a/y', actions: ['pull'] },
      ])
    })

    it('is the same for the names that every object has', async () => {
      const odd = '__proto__=x&__proto__[status]=x&constructor=x&toString=x&hasOwnProperty=x'
      const answer = await get(`${odd.replace('[status]', '%5Bstatus%5D')}&${OWN}`)
      assert.equal(answer.status, 200, answer.body)
      assert.equal(({} as Record<string, unknown>)['status'], undefined)
      const after = await get(OWN)
      assert.deepEqual(claimsOf(after)['access'], claimsOf(answer)['access'])
    })

    it('is the same whatever the headers say of hosts, addresses and methods', async () => {
      service.events.length = 0
      const hostile = {
        ...LOGIN,
        host: 'evil.test',
        'x-forwarded-for': '203.0.113.9',
        'x-forwarded-host': 'evil.test',
        'x-forwarded-proto': 'gopher',
        'x-real-ip': '203.0.113.9',
        forwarded: 'for=203.0.113.9;host=evil.test',
        'x-http-method-override': 'DELETE',
        'x-original-url': '/health',
      }
      const granted = await get(OWN, hostile)
      assert.equal(granted.status, 200, granted.body)
      const refused = await get(OWN, { ...hostile, authorization: basic('team-a', 'wrong') })
      assert.equal(refused.headers['www-authenticate'], `Basic realm="${REALM}", charset="UTF-8"`)
      for (const { body, headers } of [granted, refused]) {
        assert.doesNotMatch(JSON.stringify([body, headers]), /evil|gopher/)
      }
      assert.deepEqual(
        service.events.map(({ address, method }) => [address, method]),
        [
          ['127.0.0.1', 'GET'],
          ['127.0.0.1', 'GET'],
        ],
      )
    })

    it('comes for a target in absolute form too, RFC 9112 §3.2.2', async () => {
      const { statuses, body } = await exchange(
        service.port,
        head(
          `GET http://evil.test/token?${OWN} HTTP/1.1`,
          `Authorization: ${LOGIN.authorization}`,
          'Connection: close',
        ),
      )
      assert.deepEqual(statuses, [200])
      assert.ok(tokenOf(body)['token'])
      assert.doesNotMatch(body, /evil/)
    })

    it('comes for HTTP/1.0 without Host', async () => {
      const authorization = `Authorization: ${LOGIN.authorization}`
      const { statuses } = await exchange(
        service.port,
        `GET /token?${OWN} HTTP/1.0\r\n${authorization}\r\n\r\n`,
      )
      assert.deepEqual(statuses, [200])
    })
  })

  describe('a refusal', () => {
    const many = (count: number) =>
      Array.from({ length: count }, (_, i) => `scope=repository:team-a/app${i}:pull`).join('&')
    const ROWS: readonly (readonly [
      what: string,
      status: number,
      reason: Reason,
      query: string,
      headers?: Record<string, string | readonly string[]>,
    ])[] = [
      ['no service', 400, 'service_unknown', ''],
      ['another service', 400, 'service_unknown', 'service=other'],
      ['the service twice', 400, 'parameters_malformed', `${QUERY}&${QUERY}`],
      ['two services', 400, 'parameters_malformed', `${QUERY}&service=other`],
      ['two accounts', 400, 'parameters_malformed', `${QUERY}&account=team-a&account=team-a`],
      ['a bad escape', 400, 'parameters_malformed', `${QUERY}&scope=%zz`],
      ['half an escape', 400, 'parameters_malformed', `${QUERY}&x=%`],
      ['a bad scope', 400, 'scope_malformed', `${QUERY}&scope=x`],
      ['33 scopes', 400, 'scope_malformed', `${QUERY}&${many(33)}`],
      ['a long query', 431, 'headers_too_large', `${QUERY}&x=${'y'.repeat(8192)}`],
      ['a password in the query', 400, 'credentials_in_query', `${QUERY}&password=canary-7f3a`],
      ['no credentials', 401, 'credentials_missing', QUERY, {}],
      ['empty credentials', 401, 'credentials_missing', QUERY, { authorization: 'Basic Og==' }],
      ['a wrong password', 401, 'credentials_invalid', QUERY, { authorization: basic('team-a', 'x') }], // prettier-ignore
      ['an empty password', 401, 'credentials_invalid', QUERY, { authorization: basic('team-a', '') }], // prettier-ignore
      ["somebody else's account", 401, 'credentials_invalid', `${QUERY}&account=team-b`],
      ['a Bearer', 400, 'credentials_malformed', QUERY, { authorization: 'Bearer x' }],
      ['two Authorization headers', 400, 'credentials_malformed', QUERY, { authorization: [LOGIN.authorization, basic('team-b', 'x')] }], // prettier-ignore
      ['the same Authorization twice', 400, 'credentials_malformed', QUERY, { authorization: [LOGIN.authorization, LOGIN.authorization] }], // prettier-ignore
      ['101 headers', 431, 'headers_too_large', QUERY, Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`x-${i}`, '']))], // prettier-ignore
    ]
    for (const [what, status, reason, query, headers = LOGIN] of ROWS) {
      it(`for ${what}: ${status}`, async () => {
        service.events.length = 0
        const answer = await get(query, headers)
        assert.equal(answer.status, status, answer.body)
        assertRefused(answer.body, reason)
        assert.equal(answer.headers['content-type'], 'application/json')
        assert.equal(answer.headers['cache-control'], 'no-store')
        assert.equal(
          answer.headers['www-authenticate'],
          status === 401 ? `Basic realm="${REALM}", charset="UTF-8"` : undefined,
        )
        const { decision } = errorOf(answer.body).errors[0].detail
        assert.deepEqual(
          service.events.map(({ id, status, reason }) => ({ id, status, reason })),
          [{ id: decision, status, reason }],
        )
        assert.doesNotMatch(JSON.stringify([answer, service.events]), /canary/)
      })
    }

    it('is the same for an unknown user, a wrong password and a false account', async () => {
      const answers = [
        await get(OWN, { authorization: basic('team-a', 'wrong-password') }),
        await get(OWN, { authorization: basic('team-x', 'wrong-password') }),
        await get(OWN, { authorization: basic('team-x', PASSWORD) }),
        await get(`${OWN}&account=team-b`),
      ]
      const bare = answers.map(({ status, headers, body }) => {
        const { decision } = errorOf(body).errors[0].detail
        const { date, ...others } = headers
        assert.ok(date)
        return { status, headers: others, body: body.replace(decision, 'ID') }
      })
      assert.equal(bare[0]?.status, 401)
      for (const one of bare) assert.deepEqual(one, bare[0])
      const ids = answers.map(({ body }) => errorOf(body).errors[0].detail.decision)
      assert.equal(new Set(ids).size, ids.length)
    })

    it('is a 503 with a time to come back while the credentials are not loaded', async () => {
      const unready = await startTokenService()
      unready.ready(false)
      const answer = await ask(unready.port, `/token?${OWN}`, { headers: LOGIN })
      await unready.listener.close(100)
      assert.equal(answer.status, 503)
      assert.equal(answer.headers['retry-after'], '2')
      assertRefused(answer.body, 'not_ready')
    })
  })

  describe('methods', () => {
    const METHODS = ['HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND']
    for (const method of METHODS) {
      for (const path of ['/token', '/auth']) {
        it(`${method} ${path} is a 405`, async () => {
          service.events.length = 0
          const answer = await ask(service.port, `${path}?${OWN}`, { method, headers: LOGIN })
          assert.equal(answer.status, 405)
          assert.equal(answer.headers['allow'], 'GET, POST')
          if (method === 'HEAD') assert.equal(answer.body, '')
          else assertRefused(answer.body, 'method_unsupported')
          assert.deepEqual(
            service.events.map(({ outcome, method }) => [outcome, method]),
            [['refused', method]],
          )
        })
      }
    }

    for (const path of ['/health', '/healthz', '/jwks.json']) {
      it(`POST ${path} is a 405, HEAD is like GET`, async () => {
        const posted = await ask(service.port, path, { method: 'POST' })
        assert.equal(posted.status, 405)
        assert.equal(posted.headers['allow'], 'GET, HEAD')
        assertRefused(posted.body, 'method_unsupported')
        const got = await ask(service.port, path)
        const asked = await ask(service.port, path, { method: 'HEAD' })
        assert.equal(asked.status, 200)
        assert.equal(asked.body, '')
        assert.equal(asked.headers['content-length'], got.headers['content-length'])
      })
    }

    it('an unknown method is malformed', async () => {
      const received = await exchange(service.port, head('BREW /token HTTP/1.1'))
      assertClosed(received, 400, 'request_malformed')
    })

    it('CONNECT is a 405 and no tunnel', async () => {
      const received = await exchange(service.port, head('CONNECT registry.test:443 HTTP/1.1'))
      assertClosed(received, 405, 'method_unsupported')
    })

    it('an Upgrade is ignored, and the end of its connection however what is behind it comes', async () => {
      const first = head('GET /health HTTP/1.1', 'Connection: Upgrade', 'Upgrade: websocket')
      const second = head('GET /health HTTP/1.1', 'Connection: close')
      for (const pieces of [
        [first],
        [first, second],
        [first + second],
        [first + second.slice(0, 10), second.slice(10)],
      ]) {
        const { statuses, text } = await exchange(service.port, pieces)
        assert.deepEqual(statuses, [200], `${pieces.length} pieces`)
        assert.match(text, /^connection: close\r$/im)
      }
    })

    it('an Expect is answered at once, without "100 Continue"', async () => {
      for (const expectation of ['100-continue', 'miracles']) {
        const { statuses } = await exchange(
          service.port,
          head(
            'POST /token HTTP/1.1',
            `Expect: ${expectation}`,
            'Content-Length: 20000',
            'Connection: close',
          ),
        )
        assert.deepEqual(statuses, [413])
      }
    })
  })

  describe('paths', () => {
    const PATHS = [
      '/',
      '/TOKEN',
      '/Token',
      '/token/',
      '//token',
      '/./token',
      '/x/../token',
      '/%74oken',
      '/token%2f',
      '/token;x=1',
      '/token%00',
      '/token/x',
      '/Auth',
      '/auth/',
      '/HEALTH',
      '/health/',
      '/jwks.json/',
      '/JWKS.json',
      '/jwks',
      '/metrics',
      '/v2/',
      '/__proto__',
    ]
    for (const path of PATHS) {
      it(`${path} is a 404`, async () => {
        const answer = await ask(service.port, `${path}?${OWN}`, { headers: LOGIN })
        assert.equal(answer.status, 404, answer.body)
        assertRefused(answer.body, 'not_found')
        assert.equal(service.events.at(-1)?.path, unknownPath(path, ''))
      })
    }

    it('the record of a 404 has no text that is nobody’s, nor any of the query', async () => {
      await ask(service.port, `/token/${'x'.repeat(90)}?${OWN}`, { headers: LOGIN })
      assert.equal(service.events.at(-1)?.path, '/token/<90>')
      assert.doesNotMatch(JSON.stringify(service.events.at(-1)), /xx|account=/)
    })

    it('a path with a fragment is malformed', async () => {
      for (const target of ['/token#', `/token#?${OWN}`, `/token?${OWN}#x`, '/health#']) {
        const received = await exchange(service.port, head(`GET ${target} HTTP/1.1`))
        assertClosed(received, 400, 'request_malformed')
      }
    })

    it('a target without a path is malformed', async () => {
      for (const target of [
        'http://evil.test',
        `http://evil.test?${OWN}`,
        'ftp://evil.test/token',
      ]) {
        const received = await exchange(
          service.port,
          head(`GET ${target} HTTP/1.1`, 'Connection: close'),
        )
        assertClosed(received, 400, 'request_malformed')
      }
    })

    it('OPTIONS * is a 404', async () => {
      const answer = await ask(service.port, '*', { method: 'OPTIONS' })
      assert.equal(answer.status, 404)
      assertRefused(answer.body, 'not_found')
    })
  })

  describe('other pages', () => {
    for (const path of ['/health', '/healthz']) {
      it(`${path} is a sign of life`, async () => {
        service.events.length = 0
        const answer = await ask(service.port, path)
        assert.equal(answer.status, 200)
        assert.equal(answer.headers['content-type'], 'application/json')
        assert.deepEqual(JSON.parse(answer.body), { status: 'ok' })
        assert.deepEqual(service.events, [], 'a probe is no decision')
      })
    }

    it('/health tells whoever chooses among several that this one is to stop', async () => {
      service.running(false)
      const answer = await ask(service.port, '/health')
      service.running(true)
      assert.equal(answer.status, 503)
      assert.deepEqual(JSON.parse(answer.body), { status: 'stopping' })
    })

    it('/jwks.json has the public keys, for a minute, and nothing private', async () => {
      const answer = await ask(service.port, '/jwks.json')
      assert.equal(answer.status, 200)
      assert.equal(answer.headers['content-type'], 'application/jwk-set+json')
      assert.equal(answer.headers['cache-control'], 'public, max-age=60')
      const { keys } = JSON.parse(answer.body) as { keys: Record<string, unknown>[] }
      assert.deepEqual(
        keys.map((key) => Object.keys(key).sort()),
        [['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']],
      )
    })
  })

  describe('what is no request', () => {
    const authorization = `Authorization: ${LOGIN.authorization}`
    const target = `GET /token?${OWN} HTTP/1.1`
    const BROKEN: readonly (readonly [
      what: string,
      status: number,
      reason: Reason,
      bytes: string | Buffer,
    ])[] = [
      ['garbage', 400, 'request_malformed', Buffer.from([0, 255, 13, 10, 128, 7, 13, 10, 13, 10])],
      ['words', 400, 'request_malformed', 'hello there\r\n\r\n'],
      ['a TLS greeting', 400, 'request_malformed', Buffer.from('160301020001000001fc0303', 'hex')],
      ['an HTTP/2 preface', 400, 'request_malformed', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
      ['HTTP/0.9', 400, 'request_malformed', 'GET /token\r\n\r\n'],
      ['HTTP/3.0', 400, 'request_malformed', head('GET /token HTTP/3.0')],
      ['a raw space in the target', 400, 'request_malformed', head('GET /token?a b HTTP/1.1')],
      ['no slash at the start', 400, 'request_malformed', head('GET token HTTP/1.1')],
      ['a header without colon', 400, 'request_malformed', head(target, 'no colon')],
      ['a space before the colon', 400, 'request_malformed', head(target, `Authorization : x`)],
      ['a NUL in a header', 400, 'request_malformed', head(target, 'X-A: a\0b')],
      ['a folded header', 400, 'request_malformed', head(target, 'X-A: a', ' b')],
      ['Content-Length twice', 400, 'request_malformed', head(target, 'Content-Length: 0', 'Content-Length: 5')], // prettier-ignore
      ['Content-Length with Transfer-Encoding', 400, 'request_malformed', head('POST /token HTTP/1.1', 'Content-Length: 5', 'Transfer-Encoding: chunked')], // prettier-ignore
      ['a negative Content-Length', 400, 'request_malformed', head(target, 'Content-Length: -1')],
      ['no Host', 400, 'request_malformed', `${target}\r\n${authorization}\r\n\r\n`],
      ['two Hosts', 400, 'request_malformed', head(target, authorization, 'Host: evil.test')],
      ['a GET with a body', 400, 'request_malformed', `${head(target, authorization, 'Content-Length: 5')}hello`], // prettier-ignore
      ['a GET with chunks', 400, 'request_malformed', `${head(target, authorization, 'Transfer-Encoding: chunked')}0\r\n\r\n`], // prettier-ignore
      ['a header of 100 KB', 431, 'headers_too_large', head(target, `X-A: ${'a'.repeat(100_000)}`)],
      ['a target of 100 KB', 431, 'headers_too_large', head(`GET /token?${'a'.repeat(100_000)} HTTP/1.1`)], // prettier-ignore
      ['an Authorization of 100 KB', 431, 'headers_too_large', head(target, `Authorization: Basic ${'A'.repeat(100_000)}`)], // prettier-ignore
      ['2500 headers', 431, 'headers_too_large', head(target, authorization, ...Array.from({ length: 2500 }, () => 'a:'), authorization)], // prettier-ignore
      ['a body of 100 KB', 413, 'request_too_large', `${head('POST /token HTTP/1.1', 'Content-Length: 100000')}${'a'.repeat(100_000)}`], // prettier-ignore
    ]
    for (const [what, status, reason, bytes] of BROKEN) {
      it(`${what}: ${status}, then closed`, async () => {
        service.events.length = 0
        assertClosed(await exchange(service.port, bytes), status, reason)
        assert.deepEqual(
          service.events.map(({ status, reason, address }) => ({ status, reason, address })),
          [{ status, reason, address: '127.0.0.1' }],
        )
      })
    }

    it('a client that reads late still has its answer, and no reset', async () => {
      const piece = 'a'.repeat(10_000)
      const megabyte = 'a'.repeat(1_000_000)
      const DEAF: readonly (readonly [number, readonly string[]])[] = [
        [400, ['gar', 'bage\r\n', 'more\r\n', 'and more\r\n', 'and more\r\n']],
        [
          413,
          [
            head('POST /token HTTP/1.1', 'Content-Length: 8000000'),
            ...Array<string>(8).fill(megabyte),
          ],
        ],
        [431, [`${target}\r\nX-A: `, ...Array<string>(5).fill(piece)]],
      ]
      for (const [status, pieces] of DEAF) {
        for (let attempt = 0; ; attempt += 1) {
          service.events.length = 0
          const begin = performance.now()
          const received = await exchange(service.port, pieces, { deaf: true })
          // Later than the server waits for it: on a machine that is late it says nothing.
          if (performance.now() - begin > LINGER && attempt < 10) continue
          assert.deepEqual([received.statuses, received.broken], [[status], false])
          assert.equal(service.events.length, 1)
          break
        }
      }
    })

    it('a body that is too long, once it has come, holds nobody up', async () => {
      const post = head('POST /token HTTP/1.1', 'Content-Length: 100000') + 'a'.repeat(100_000)
      const times: number[] = []
      for (let i = 0; i < 3; i += 1) {
        const started = performance.now()
        assert.deepEqual((await exchange(service.port, post)).statuses, [413])
        times.push(performance.now() - started)
      }
      assert.ok(Math.min(...times) < LINGER, times.join())
    })

    it('a client that never hangs up is hung up on', async () => {
      const own = await startTokenService()
      await assertHungUpOn(own.server, 'garbage\r\n')
      await own.listener.close(100)
    })

    it('an endless body is answered and cut, not read', async () => {
      const chunk = `1000\r\n${'a'.repeat(4096)}\r\n`
      const started = performance.now()
      const received = await exchange(service.port, [
        head('POST /token HTTP/1.1', 'Transfer-Encoding: chunked'),
        ...Array.from({ length: 40 }, () => chunk),
      ])
      assertClosed(received, 415, 'form_type_unsupported')
      assert.ok(performance.now() - started < 9_000)
    })

    it('garbage behind a request does not cut into its answer', async () => {
      const { statuses, body } = await exchange(
        service.port,
        `${head(target, authorization)}\0garbage\r\n\r\n`,
      )
      assert.deepEqual(statuses, [200])
      assert.ok(tokenOf(body)['token'])
    })

    it('garbage after an answer has an answer of its own', async () => {
      const { statuses, body } = await exchange(service.port, [
        head(target, authorization),
        '\0\r\n',
      ])
      assert.deepEqual(statuses, [200, 400])
      assertRefused(body, 'request_malformed')
    })

    it('garbage in a body has no second answer', async () => {
      const { statuses } = await exchange(service.port, [
        head('POST /token HTTP/1.1', 'Transfer-Encoding: chunked'),
        'no chunk\r\n',
      ])
      assert.deepEqual(statuses, [415])
    })

    it('a request that ends in the middle of a header: 400', async () => {
      const received = await exchange(service.port, 'GET /token HTTP/1.1\r\nHost: regis', {
        halfClose: true,
      })
      assertClosed(received, 400, 'request_malformed')
    })

    it('two requests in one go have two answers, in order', async () => {
      const { statuses } = await exchange(
        service.port,
        `${head(target, authorization)}${head('GET /health HTTP/1.1', 'Connection: close')}`,
      )
      assert.deepEqual(statuses, [200, 200])
    })

    it('goes on serving others', async () => {
      assert.equal((await get(OWN)).status, 200)
    })
  })

  describe('slow clients', () => {
    it('has limits for everything that can take time or room', () => {
      const { server } = service
      assert.deepEqual(
        {
          headersTimeout: server.headersTimeout,
          requestTimeout: server.requestTimeout,
          keepAliveTimeout: server.keepAliveTimeout,
          timeout: server.timeout,
        },
        {
          headersTimeout: 5_000,
          requestTimeout: 10_000,
          keepAliveTimeout: 5_000,
          timeout: 15_000,
        },
      )
    })

    it('keeps an idle connection longer than Envoy does', async () => {
      const pieces = [
        head('GET /health HTTP/1.1'),
        head('GET /health HTTP/1.1', 'Connection: close'),
      ]
      for (let attempt = 0; ; attempt += 1) {
        const begin = performance.now()
        const { statuses } = await exchange(service.port, pieces, { pause: 4_200 })
        const isLate = performance.now() - begin > service.server.keepAliveTimeout
        // The machine was too late with the second one, which says nothing.
        if (isLate && attempt < 5) continue
        assert.deepEqual(statuses, [200, 200])
        return
      }
    })

    it('ends slow headers, slow bodies and silence, and meanwhile serves others', async () => {
      const impatient = await startTokenService()
      const { port, server, events } = impatient
      server.headersTimeout = 200
      server.requestTimeout = 400
      const slow = Array.from({ length: 50 }, () =>
        exchange(port, [
          'GET /token HTTP/1.1\r\n',
          ...Array.from({ length: 60 }, () => 'X-A: b\r\n'),
        ]),
      )
      const late = exchange(
        port,
        ['GET /token HTTP/1.1\r\nHost: a\r\n', ...Array<string>(24).fill(''), '\r\n'],
        { deaf: true },
      )
      const body = exchange(port, [head('POST /token HTTP/1.1', 'Content-Length: 9000'), 'a'])
      const silent = exchange(port, '')
      const quick = await ask(port, `/token?${OWN}`, { headers: LOGIN })
      assert.equal(quick.status, 200)
      for (const received of await Promise.all(slow)) {
        assertClosed(received, 408, 'request_timeout')
      }
      assert.equal((await late).statuses.join(), '408', 'what comes after the answer is nothing')
      assert.deepEqual((await body).statuses, [415], 'and nothing after it')
      assert.equal((await silent).text, '', 'nobody asked, nobody is answered')
      const reasons = events.map(({ reason }) => reason ?? 'granted').sort()
      assert.deepEqual(reasons, [
        'form_type_unsupported',
        'granted',
        ...Array.from({ length: 51 }, () => 'request_timeout'),
      ])
      await impatient.listener.close(100)
    })

    it('records nothing for a connection that only comes and goes', async () => {
      service.events.length = 0
      await new Promise<void>((resolve, reject) => {
        const socket = connect({ host: '127.0.0.1', port: service.port }, () => socket.end())
        socket.on('close', () => {
          resolve()
        })
        socket.on('error', reject)
        socket.resume()
      })
      await sleep(50)
      assert.deepEqual(service.events, [])
    })

    it('survives a client that leaves in the middle', async () => {
      let enter = () => {}
      const entered = new Promise<void>((resolve) => (enter = resolve))
      let leave = () => {}
      const left = new Promise<void>((resolve) => (leave = resolve))
      const held = await startTokenService({
        issueToken: (real) => async (parsed, origin) => {
          enter()
          await left
          return real(parsed, origin)
        },
      })
      const client = request({ port: held.port, path: `/token?${OWN}`, agent: false })
      const gone = new Promise<void>((resolve) => client.on('error', () => { resolve() })) // prettier-ignore
      client.end()
      await entered
      client.destroy()
      await gone
      leave()
      const answer = await ask(held.port, `/token?${OWN}`, { headers: LOGIN })
      assert.equal(answer.status, 200)
      await held.listener.close(100)
    })
  })

  describe('what fails inside', () => {
    it('is a 503 that says nothing of it, when a page fails', async () => {
      const broken = await startTokenService({
        jwks: () => {
          throw new Error('canary at /srv/rauth.js:1:1')
        },
      })
      const answer = await ask(broken.port, '/jwks.json')
      assert.equal(answer.status, 503)
      assert.equal(answer.headers['retry-after'], '2')
      assert.equal(answer.headers['cache-control'], 'no-store')
      assertRefused(answer.body, 'internal')
      assert.doesNotMatch(JSON.stringify(answer), /canary|rauth\.js/)
      assert.equal(broken.events[0]?.detail, 'canary at /srv/rauth.js:1:1')
      await broken.listener.close(100)
    })

    it('is a 503 too, when nothing can be decided or recorded', async () => {
      const broken = await startTokenService({
        newId() {
          throw new Error('canary')
        },
      })
      for (const path of [`/token?${OWN}`, '/nowhere']) {
        const answer = await ask(broken.port, path, { headers: LOGIN })
        assert.equal(answer.status, 503)
        assert.deepEqual(errorOf(answer.body).errors[0].detail, {
          reason: 'internal',
          decision: 'unrecorded',
        })
        assert.doesNotMatch(answer.body, /canary/)
      }
      const { statuses, text } = await exchange(broken.port, 'garbage\r\n\r\n')
      assert.deepEqual(statuses, [503])
      assert.doesNotMatch(text, /canary/)
      assert.equal((await ask(broken.port, '/health')).status, 200)
      await broken.listener.close(100)
    })
  })

  it('says nothing, least of all of its insides, when not even a refusal can be answered', async () => {
    const failures: unknown[] = []
    const broken = await startTokenService({
      issueToken: () => () => {
        throw new Error('canary of the inside')
      },
      onFailure: (thrown) => void failures.push(thrown),
    })
    try {
      const { text } = await exchange(broken.port, head(`GET /token?${OWN} HTTP/1.1`))
      assert.equal(text, '')
      assert.match(String(failures), /canary of the inside/)
    } finally {
      await broken.listener.close(0)
    }
  })
})
