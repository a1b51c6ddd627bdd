import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, beforeEach, describe, it } from 'node:test'
import {
  createGatewayExchange,
  createGatewayHttpServer,
} from '../../../src/adapters/ext-authz/http-server.ts'
import { listenHttp, type Listener } from '../../../src/adapters/listen.ts'
import type { CheckAccess } from '../../../src/check-access.ts'
import { accepted } from '../../../src/refusal.ts'
import type { Answer } from '../../support/http.ts'
import { assertHungUpOn, exchange as send, holdOpen } from '../../support/wire.ts'
import {
  CHALLENGE,
  createTestGateway,
  DECISIONS,
  DIGEST,
  WHERE,
  type TestGateway,
} from './gateway.ts'
import { throwAt } from '../../support/http2-frames.ts'

/** One exchange byte for byte, until the server ends the connection: the client never does. */
async function exchange(port: number, bytes: string): Promise<Answer> {
  const { text } = await send(port, bytes)
  const [head = '', ...rest] = text.split('\r\n\r\n')
  const [first = '', ...lines] = head.split('\r\n')
  const pairs = lines.map((line) => {
    const colon = line.indexOf(':')
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const
  })
  return {
    status: Number(/^HTTP\/1\.1 (\d{3}) /.exec(first)?.[1]),
    headers: Object.fromEntries(pairs),
    body: rest.join('\r\n\r\n'),
  }
}

describe('createGatewayHttpServer', () => {
  let gateway: TestGateway
  let listener: Listener
  let token: string

  before(async () => {
    gateway = await createTestGateway()
    token = gateway.token
    listener = await listenHttp(
      createGatewayHttpServer(
        createGatewayExchange({ ...WHERE, proxy: 'envoy', checkAccess: gateway.checkAccess }),
      ),
      { host: '127.0.0.1', port: 0 },
    )
  })
  after(() => listener.close(0))
  beforeEach(() => {
    gateway.ready(true)
    gateway.events.length = 0
  })

  const raw = (line: string, headers: readonly string[] = [`authorization: Bearer ${token}`]) =>
    exchange(
      listener.port,
      [`${line} HTTP/1.1`, 'host: x', 'connection: close', ...headers, '', ''].join('\r\n'),
    )

  const codeOf = ({ body }: Answer) =>
    (JSON.parse(body) as { errors: [{ detail: { reason: string } }] }).errors[0].detail.reason

  for (const [method, target, wanted] of DECISIONS) {
    it(`${method} ${target.slice(0, 60)} is ${String(wanted)}`, async () => {
      const answer = await raw(`${method} ${target}`)
      assert.equal(answer.status, wanted)
      assert.equal(gateway.events.length, 1)
      assert.doesNotMatch(answer.body, /team-|evil/, 'what was asked is repeated')
    })
  }

  it('says who asked, and nothing else', async () => {
    const answer = await raw('GET /v2/team-a/app/tags/list')
    assert.equal(answer.headers['x-rauth-account'], 'team-a')
    assert.equal(answer.headers['x-rauth-namespace'], 'team-a')
    assert.equal(answer.headers['cache-control'], 'no-store')
    assert.equal(answer.body, '')
  })

  it('challenges', async () => {
    const answer = await raw('GET /v2/team-a/app/tags/list', [])
    assert.equal(answer.status, 401)
    assert.equal(
      answer.headers['www-authenticate'],
      `${CHALLENGE},scope="repository:team-a/app:pull"`,
    )
    assert.equal(answer.headers['content-type'], 'application/json')
    assert.equal(answer.headers['docker-distribution-api-version'], 'registry/2.0')
    assert.equal(codeOf(answer), 'token_missing')
  })

  it('answers HEAD as GET, without the body', async () => {
    const get = await raw('GET /v2/team-b/app/manifests/v1')
    const head = await raw('HEAD /v2/team-b/app/manifests/v1')
    assert.equal(head.status, 403)
    assert.equal(head.body, '')
    assert.equal(get.headers['content-length'], String(get.body.length))
    assert.equal(head.headers['content-length'], get.headers['content-length'])
  })

  it('refuses two tokens, by whatever number of headers: none of them is picked', async () => {
    const good = `authorization: Bearer ${token}`
    const filler = Array.from({ length: 2500 }, (_, i) => `a${i}:`)
    const cases = [
      [good, good],
      [good, 'Authorization: Bearer x'],
      ['AUTHORIZATION: Bearer x', good],
      [`${good},Bearer x`],
      [good, 'authorization:'],
      [good, ...filler, 'authorization: Bearer x'],
    ]
    for (const headers of cases) {
      const answer = await raw('GET /v2/', headers)
      assert.equal(answer.status, 401)
      assert.equal(codeOf(answer), 'authorization_malformed')
    }
    assert.equal((await raw('GET /v2/', [good, ...filler])).status, 200)
  })

  const BODIES: readonly (readonly [type: string | undefined, status: number])[] = [
    ['application/octet-stream', 200],
    ['application/json', 200],
    ['application/x-www-form-urlencoded', 415],
    ['multipart/form-data; boundary=X', 415],
    ['', 415],
    [undefined, 200],
  ]
  for (const [type, status] of BODIES) {
    it(`judges an upload of the type ${String(type)}, and has one that it does not see removed`, async () => {
      const shown = type === undefined ? [] : [`content-type: ${type}`]
      const answer = await raw('POST /v2/team-a/app/blobs/uploads/', [
        `authorization: Bearer ${token}`,
        // Envoy says so of every body.
        'content-length: 0',
        ...shown,
      ])
      assert.equal(answer.status, status)
      const removed = answer.headers['x-envoy-auth-headers-to-remove']
      assert.equal(removed, type === undefined ? 'content-type' : undefined)
    })
  }

  it('has the type of a manifest removed that it does not see', async () => {
    const answer = await raw('PUT /v2/team-a/app/manifests/v1')
    assert.equal(answer.status, 200)
    assert.equal(answer.headers['x-envoy-auth-headers-to-remove'], 'content-type')
  })

  it('does not let a mount pass that it could only take away', async () => {
    const answer = await raw(`POST /v2/team-a/app/blobs/uploads/?mount=${DIGEST}`)
    assert.equal(answer.status, 401)
    assert.equal(codeOf(answer), 'mount_unremovable')
    assert.equal(gateway.events[0]?.reason, 'mount_unremovable')
  })

  it('does not take a body for the next request', async () => {
    const inner = 'GET /v2/ HTTP/1.1\r\nhost: x\r\n\r\n'
    for (const length of [`content-length: ${inner.length}`, 'transfer-encoding: chunked']) {
      const answer = await exchange(
        listener.port,
        `GET /v2/team-b/app/tags/list HTTP/1.1\r\nhost: x\r\n${length}\r\n\r\n${inner}`,
      )
      assert.equal(answer.status, 401)
      assert.equal(answer.headers['connection'], 'close')
      assert.equal(answer.body.split('HTTP/1.1').length, 1, 'a second answer')
    }
  })

  it('keeps the connection between requests', async () => {
    const one = `GET /v2/ HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\n`
    const two = await exchange(
      listener.port,
      `${one}\r\n${one.replace('/v2/', '/v2/team-b/app/tags/list')}connection: close\r\n\r\n`,
    )
    assert.equal(two.status, 200)
    assert.match(two.body, /^HTTP\/1\.1 403 /)
  })

  it('decides without a Host, with an Expect, and on CONNECT', async () => {
    const good = `authorization: Bearer ${token}\r\nconnection: close`
    const port = listener.port
    assert.equal((await exchange(port, `GET /v2/ HTTP/1.1\r\n${good}\r\n\r\n`)).status, 200)
    for (const expect of ['100-continue', 'something']) {
      const answer = await raw('GET /v2/team-b/app/tags/list', [
        `authorization: Bearer ${token}`,
        `expect: ${expect}`,
      ])
      assert.equal(answer.status, 403)
    }
    gateway.events.length = 0
    const tunnel = await raw('CONNECT registry:5000')
    assert.equal(tunnel.status, 400)
    assert.equal(codeOf(tunnel), 'path_invalid')
    assert.equal(gateway.events[0]?.method, 'CONNECT')
  })

  const BROKEN: readonly (readonly [what: string, bytes: string, status: number])[] = [
    ['no HTTP', '\x16\x03\x01\x02\x00\r\n\r\n', 400],
    ['an unknown method', 'FETCH /v2/ HTTP/1.1\r\n\r\n', 400],
    ['a space in the path', 'GET /v2/ x HTTP/1.1\r\n\r\n', 400],
    ['a header without a name', 'GET /v2/ HTTP/1.1\r\n: x\r\n\r\n', 400],
    ['two lengths', 'GET / HTTP/1.1\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nx', 400],
    [
      'a length and chunks',
      'GET / HTTP/1.1\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
    ],
    ['a path that is too long', `GET /${'x'.repeat(40_000)} HTTP/1.1\r\n\r\n`, 431],
    ['headers that are too long', `GET / HTTP/1.1\r\na: ${'x'.repeat(40_000)}\r\n\r\n`, 431],
  ]
  for (const [what, bytes, status] of BROKEN) {
    it(`answers ${what} with the registry's error, and records it`, async () => {
      const answer = await exchange(listener.port, bytes)
      assert.equal(answer.status, status)
      assert.equal(answer.headers['content-type'], 'application/json')
      assert.equal(answer.headers['content-length'], String(answer.body.length))
      assert.equal(gateway.events.length, 1)
      assert.equal(codeOf(answer), gateway.events[0]?.reason)
    })
  }

  for (const bytes of ['CONNECT registry:5000 HTTP/1.1\r\n\r\n', 'no HTTP\r\n\r\n']) {
    it(`hangs up on a client that never hangs up, after ${bytes.slice(0, 7)}`, async () => {
      const server = createGatewayHttpServer(
        createGatewayExchange({
          ...WHERE,
          proxy: 'envoy',
          checkAccess: gateway.checkAccess,
        }),
      )
      const own = await listenHttp(server, { host: '127.0.0.1', port: 0 })
      await assertHungUpOn(server, bytes)
      await own.close(0)
    })

    it(`does not wait for such a client when it stops, after ${bytes.slice(0, 7)}`, async () => {
      const server = createGatewayHttpServer(
        createGatewayExchange({
          ...WHERE,
          proxy: 'envoy',
          checkAccess: gateway.checkAccess,
        }),
      )
      const own = await listenHttp(server, { host: '127.0.0.1', port: 0 })
      const socket = await holdOpen(own.port, bytes)
      const started = performance.now()
      await own.close(30_000)
      assert.ok(performance.now() - started < 20_000)
      socket.destroy()
    })
  }

  it('lives through random bytes', async () => {
    for (let i = 0; i < 20; i += 1) await throwAt(listener.port, randomBytes(64 << (i % 8)))
    assert.equal((await raw('GET /v2/')).status, 200)
  })

  it('says 503 while the credentials are not loaded', async () => {
    gateway.ready(false)
    const answer = await raw('GET /v2/')
    assert.equal(answer.status, 503)
    assert.match(answer.headers['retry-after'] ?? '', /^\d+$/)
    assert.equal(codeOf(answer), 'not_ready')
  })

  it('is asked by fetch', async () => {
    const url = `http://127.0.0.1:${String(listener.port)}/v2/team-a/app/tags/list`
    const answer = await fetch(url, { headers: { authorization: `Bearer ${token}` } })
    assert.equal(answer.status, 200)
    assert.equal((await fetch(url)).status, 401)
  })

  it('answers whatever the flow does', async () => {
    const boom = new Error('boom')
    const flows: readonly CheckAccess[] = [
      () => Promise.reject(boom),
      () => {
        throw boom
      },
    ]
    for (const checkAccess of flows) {
      const failures: unknown[] = []
      const onFailure = (thrown: unknown) => void failures.push(thrown)
      const server = await listenHttp(
        createGatewayHttpServer(
          createGatewayExchange({ ...WHERE, proxy: 'envoy', checkAccess, onFailure }),
        ),
        { host: '127.0.0.1', port: 0 },
      )
      for (const bytes of ['GET /v2/ HTTP/1.1', 'CONNECT x:1 HTTP/1.1', 'no HTTP']) {
        const answer = await exchange(server.port, `${bytes}\r\nconnection: close\r\n\r\n`)
        assert.equal(answer.status, 503)
        assert.equal(codeOf(answer), 'internal')
        assert.doesNotMatch(answer.body, /boom/)
      }
      assert.deepEqual(failures, [boom, boom, boom])
      await server.close(0)
    }
  })

  it('answers even if telling of a failure fails, too', async () => {
    const server = await listenHttp(
      createGatewayHttpServer(
        createGatewayExchange({
          ...WHERE,
          proxy: 'envoy',
          checkAccess: () => Promise.reject(new Error('boom')),
          onFailure() {
            throw new Error('bang')
          },
        }),
      ),
      { host: '127.0.0.1', port: 0 },
    )
    const answer = await exchange(server.port, 'GET /v2/ HTTP/1.1\r\nconnection: close\r\n\r\n')
    assert.equal(answer.status, 503)
    await server.close(0)
  })

  it('cuts the connection, and lives, if an answer cannot be written', async () => {
    const failures: unknown[] = []
    const headers = { 'x-rauth-account': 'a\r\nb' }
    const server = await listenHttp(
      createGatewayHttpServer(
        createGatewayExchange({
          ...WHERE,
          proxy: 'envoy',
          checkAccess: () =>
            Promise.resolve({ decision: 'id', result: accepted({ headers, removeQuery: [] }) }),
          onFailure: (thrown) => void failures.push(thrown),
        }),
      ),
      { host: '127.0.0.1', port: 0 },
    )
    for (let i = 0; i < 2; i += 1) {
      const answer = await exchange(server.port, 'GET /v2/ HTTP/1.1\r\n\r\n')
      assert.ok(Number.isNaN(answer.status), 'something was answered')
    }
    assert.equal(failures.length, 2)
    await server.close(0)
  })
})
