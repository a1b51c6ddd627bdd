import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:net'
import { after, afterEach, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  Client,
  compressionAlgorithms,
  credentials,
  Metadata,
  status,
  type ChannelOptions,
  type ClientReadableStream,
  type ServiceError,
} from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import { service as officialHealth } from 'grpc-health-check'
import {
  createCheck,
  startGrpcServer,
  type CheckOptions,
  type GrpcServerOptions,
} from '../../../src/adapters/ext-authz/grpc-server.ts'
import type { Listener } from '../../../src/adapters/listen.ts'
import type { CheckAccess } from '../../../src/check-access.ts'
import { RauthError } from '../../../src/errors.ts'
import { accepted, refused } from '../../../src/refusal.ts'
import { OTHER_SERVICE } from '../../support/flows.ts'
import { until } from '../../support/until.ts'
import { CHECK, type WireResponse } from '../../support/check-messages.ts'
import { OPEN_CALLS, openCalls } from '../../stress/open-calls.ts'
import { CHALLENGE, createTestGateway, DECISIONS, PLAIN, WHERE } from './gateway.ts'
import type { TestGateway } from './gateway.ts'
import { callHeaders } from '../../support/hpack.ts'
import { answerOf, beginCall, grpcCall, grpcSession } from '../../support/grpc-calls.ts'
import { frame, message, PREFACE, throwAt } from '../../support/http2-frames.ts'

/** Longer than a busy machine needs for anything here, ms: what takes this long never comes. */
const PATIENCE = 20_000

/** envoy.config.core.v3.HeaderValueOption.HeaderAppendAction */
const OVERWRITE_IF_EXISTS_OR_ADD = 2

const LOOPBACK = { host: '127.0.0.1', port: 0 }

type Answer = Pick<WireResponse, 'ok_response'> & {
  readonly code: number
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** A request as Envoy tells of it. */
function question(
  [method, path]: readonly [string, string],
  headers: Readonly<Record<string, string>> = {},
  raw = false,
): object {
  const all = { ':method': method, ':path': path, ':authority': 'localhost', ...headers }
  const lines = Object.entries(all).map(([key, value]) => ({ key, raw_value: Buffer.from(value) }))
  const http = {
    ...{ method, path, host: 'localhost', scheme: 'http', protocol: 'HTTP/1.1', size: '-1' },
    ...(raw ? { header_map: { headers: lines } } : { headers: all }),
  }
  const address = { socket_address: { address: '10.1.2.3', port_value: 4711 } }
  return { attributes: { source: { address }, request: { time: { seconds: 1 }, http } } }
}

describe('startGrpcServer', () => {
  let gateway: TestGateway
  let token: string
  const closers: (() => Promise<void> | void)[] = []

  before(async () => {
    gateway = await createTestGateway()
    token = gateway.token
  })
  afterEach(async () => {
    gateway.ready(true)
    for (const close of closers.splice(0).reverse()) await close()
  })

  async function start(changed: Partial<CheckOptions & GrpcServerOptions> = {}): Promise<Listener> {
    const { checkAccess } = gateway
    const ready = () => gateway.deps.store.ready()
    const options = { ...WHERE, ...PLAIN, checkAccess, ready, ...changed }
    const listener = await startGrpcServer({ check: createCheck(options), ...options }, LOOPBACK)
    closers.push(() => listener.close(0))
    return listener
  }

  function client(port: number, options: ChannelOptions = {}): Client {
    const made = new Client(`127.0.0.1:${String(port)}`, credentials.createInsecure(), options)
    closers.push(() => {
      made.close()
    })
    return made
  }

  const call = (to: Client, bytes: Buffer): Promise<Buffer> =>
    new Promise((resolve, reject) => {
      const asIs = (buffer: Buffer) => buffer
      const deadline = Date.now() + PATIENCE
      to.makeUnaryRequest(
        CHECK.path,
        asIs,
        asIs,
        bytes,
        new Metadata(),
        { deadline },
        (error, got) => {
          if (error === null && got !== undefined) resolve(got)
          else reject(error ?? new Error('no answer'))
        },
      )
    })

  async function check(to: Client, asked: object | Buffer): Promise<Answer> {
    const bytes = Buffer.isBuffer(asked) ? asked : CHECK.requestSerialize(asked)
    const response = CHECK.responseDeserialize(await call(to, bytes))
    const { ok_response, denied_response } = response
    const options = ok_response?.headers ?? denied_response?.headers ?? []
    for (const { append_action } of options) {
      assert.equal(append_action, OVERWRITE_IF_EXISTS_OR_ADD)
    }
    return {
      code: response.status?.code ?? 0,
      status: ok_response === undefined ? (denied_response?.status?.code ?? 0) : 200,
      headers: Object.fromEntries(options.map(({ header }) => [header.key, header.value])),
      body: denied_response?.body ?? '',
      ...(ok_response === undefined ? {} : { ok_response }),
    }
  }

  const failure = (promise: Promise<unknown>): Promise<ServiceError> =>
    promise.then(
      () => assert.fail('it was answered'),
      (error: unknown) => error as ServiceError,
    )

  const bearer = () => ({ authorization: `Bearer ${token}` })

  async function assertAlive(to: Client) {
    assert.equal((await check(to, question(['GET', '/v2/'], bearer()))).code, 0)
  }

  describe('Check', () => {
    let listener: Listener
    let asker: Client
    let live: (() => Promise<void> | void)[] = []
    before(async () => {
      listener = await start()
      asker = client(listener.port)
      // These outlive a test.
      live = closers.splice(0)
    })
    after(async () => {
      for (const close of live.reverse()) await close()
    })

    for (const [method, target, wanted] of DECISIONS) {
      it(`${method} ${target.slice(0, 60)} is ${String(wanted)} by either form of headers`, async () => {
        for (const raw of [false, true]) {
          const answer = await check(asker, question([method, target], bearer(), raw))
          assert.equal(answer.status, wanted)
          assert.equal(answer.code === 0, wanted === 200)
          assert.doesNotMatch(answer.body, /team-|evil/, 'what was asked is repeated')
        }
      })
    }

    it('tells the registry who asked, over what the client said', async () => {
      const headers = { ...bearer(), 'x-rauth-account': 'root', 'x-rauth-other': 'x' }
      for (const raw of [false, true]) {
        const answer = await check(asker, question(['GET', '/v2/'], headers, raw))
        assert.deepEqual(answer.headers, {
          'x-rauth-account': 'team-a',
          'x-rauth-namespace': 'team-a',
        })
        assert.deepEqual(answer.ok_response?.headers_to_remove, ['x-rauth-other'])
      }
    })

    it('takes the token off for a registry that checks none, if it is told to', async () => {
      const { port } = await start({ stripAuthorization: true })
      const answer = await check(client(port), question(['GET', '/v2/'], bearer()))
      assert.deepEqual(answer.ok_response?.headers_to_remove, ['authorization'])
    })

    it('sends the clients of another service to its own realm', async () => {
      const realms = new Map([[OTHER_SERVICE, 'https://other.test/token']])
      const { port } = await start({ realms })
      const asked = (service: string) => {
        const { attributes } = question(['GET', '/v2/']) as { attributes: object }
        return check(client(port), {
          attributes: { ...attributes, context_extensions: { service } },
        })
      }
      const other = await asked(OTHER_SERVICE)
      assert.equal(other.status, 401)
      assert.equal(
        other.headers['www-authenticate'],
        `Bearer realm="https://other.test/token",service="${OTHER_SERVICE}"`,
      )
      // Nobody is sent anywhere for one that is not configured.
      assert.equal((await asked('unknown')).status, 503)
    })

    it('lets no body through whose type it was not shown', async () => {
      const upload = ['POST', '/v2/team-a/app/blobs/uploads/'] as const
      const unseen = await check(asker, question(upload, bearer()))
      assert.deepEqual(unseen.ok_response?.headers_to_remove, ['content-type'])
      const octets = { ...bearer(), 'content-type': 'application/octet-stream' }
      const seen = await check(asker, question(upload, octets))
      assert.equal(seen.code, 0)
      assert.equal(seen.ok_response?.headers_to_remove, undefined)
      const form = { ...bearer(), 'content-type': 'application/x-www-form-urlencoded' }
      assert.equal((await check(asker, question(upload, form))).status, 415)
    })

    it('challenges for what the request needs', async () => {
      const path = '/v2/team-a/app/manifests/v1'
      const answer = await check(asker, question(['GET', path]))
      assert.equal(answer.code, status.UNAUTHENTICATED)
      assert.equal(answer.status, 401)
      assert.equal(
        answer.headers['www-authenticate'],
        `${CHALLENGE},scope="repository:team-a/app:pull"`,
      )
      assert.equal(answer.headers['content-type'], 'application/json')
      assert.match(answer.body, /^\{"errors":\[\{"code":"UNAUTHORIZED"/)
      const bad = await check(asker, question(['GET', path], { authorization: `Bearer ${token}x` }))
      assert.match(bad.headers['www-authenticate'] ?? '', /,error="invalid_token"$/)
    })

    it('challenges for a request that is shown without headers', async () => {
      const asked = { attributes: { request: { http: { method: 'GET', path: '/v2/' } } } }
      const answer = await check(asker, asked)
      assert.equal(answer.status, 401)
      assert.equal(answer.headers['www-authenticate'], CHALLENGE)
    })

    it('refuses what is no request, and a message without anything in it', async () => {
      for (const asked of [{}, { attributes: {} }, { attributes: { request: {} } }]) {
        assert.equal((await check(asker, asked)).status, 400)
      }
    })

    it('says 503 and not a denial while the credentials are not loaded', async () => {
      gateway.ready(false)
      const answer = await check(asker, question(['GET', '/v2/'], bearer()))
      assert.equal(answer.code, status.UNAVAILABLE)
      assert.equal(answer.status, 503)
      assert.match(answer.headers['retry-after'] ?? '', /^\d+$/)
    })

    it('records each decision once, with the client address that Envoy tells', async () => {
      gateway.events.length = 0
      const answer = await check(asker, question(['GET', '/v2/team-b/app/tags/list'], bearer()))
      assert.equal(gateway.events.length, 1)
      const [event] = gateway.events
      assert.equal(event?.address, '10.1.2.3')
      assert.equal(event.reason, 'access_denied')
      assert.match(answer.body, new RegExp(`"decision":"${event.id}"`))
      assert.doesNotMatch(JSON.stringify(event), new RegExp(token.slice(0, 20)))
    })

    it('does not take overlong UTF-8 for the letters that a lenient parser reads', async () => {
      const good = CHECK.requestSerialize(question(['GET', '/v2/team-a/~~/tags/list'], bearer()))
      const bytes = Buffer.from(good)
      let replaced = 0
      for (let at = bytes.indexOf('~~'); at >= 0; at = bytes.indexOf('~~')) {
        bytes.set([0xc1, 0xa1], at)
        replaced += 1
      }
      assert.equal(replaced, 2, 'path and :path')
      assert.equal((await check(asker, bytes)).status, 400)
    })

    it('refuses what is no message, and lives', async () => {
      const wrong = [
        Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f]),
        Buffer.from([0x0a, 0x05, 0x01]),
        Buffer.from('GET / HTTP/1.1\r\n\r\n'),
        Buffer.from([0x0b, 0x0b, 0x0b, 0x0b]),
      ]
      for (const bytes of wrong) assert.equal((await check(asker, bytes)).status, 400)
      for (let i = 0; i < 200; i += 1) {
        const { code } = await check(asker, randomBytes(1 + (i % 64)))
        assert.notEqual(code, 0, 'random bytes were let through')
      }
      await assertAlive(asker)
    })

    it('refuses a message of more than 256 KiB, and lives', async () => {
      const long = question(['GET', '/v2/'], { ...bearer(), cookie: 'x'.repeat(300 * 1024) })
      assert.equal((await failure(check(asker, long))).code, status.RESOURCE_EXHAUSTED)
      await assertAlive(asker)
      const short = question(['GET', '/v2/'], { ...bearer(), cookie: 'x'.repeat(60 * 1024) })
      assert.equal((await check(asker, short)).code, 0)
    })

    it('inflates nothing, however short it is', async () => {
      for (const algorithm of [compressionAlgorithms.gzip, compressionAlgorithms.deflate]) {
        const squeezing = client(listener.port, { 'grpc.default_compression_algorithm': algorithm })
        const { code } = await failure(check(squeezing, question(['GET', '/v2/'], bearer())))
        assert.equal(code, status.UNIMPLEMENTED)
      }
      await assertAlive(asker)
    })

    it('answers more checks than one connection takes at once, each its own', async () => {
      const answers = await Promise.all(
        Array.from({ length: 600 }, (_, i) =>
          check(
            asker,
            question(['GET', `/v2/team-${i % 2 === 0 ? 'a' : 'b'}/app/tags/list`], bearer()),
          ),
        ),
      )
      for (const [i, { status: got }] of answers.entries())
        assert.equal(got, i % 2 === 0 ? 200 : 403)
    })

    it('lives through bytes that are no HTTP/2, and through broken frames', async () => {
      const settings = frame(4, 0, 0)
      const start = Buffer.concat([PREFACE, settings])
      const attacks: readonly Buffer[] = [
        Buffer.from('GET /v2/ HTTP/1.1\r\nhost: x\r\n\r\n'),
        randomBytes(4096),
        Buffer.concat([PREFACE, randomBytes(4096)]),
        PREFACE.subarray(0, 10),
        // A frame that is longer than allowed; one that never comes to its end.
        Buffer.concat([start, frame(0, 0, 1, Buffer.alloc(10), 0xffffff)]),
        Buffer.concat([start, frame(1, 4, 1, Buffer.alloc(10), 5000)]),
        // SETTINGS of a wrong size, and on a stream.
        Buffer.concat([PREFACE, frame(4, 0, 0, Buffer.alloc(5))]),
        Buffer.concat([PREFACE, frame(4, 0, 1)]),
        // Header blocks that HPACK cannot read, cut, or without a method.
        Buffer.concat([start, frame(1, 5, 1, randomBytes(64))]),
        Buffer.concat([start, frame(1, 5, 1, Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff]))]),
        Buffer.concat([start, frame(1, 1, 1, Buffer.from([0x86]))]),
        // POST without path; GET; an even stream number; a stream that goes back.
        Buffer.concat([start, frame(1, 5, 1, Buffer.from([0x83, 0x86]))]),
        Buffer.concat([start, frame(1, 5, 1, Buffer.from([0x82, 0x86, 0x84]))]),
        Buffer.concat([start, frame(1, 5, 2, Buffer.from([0x83, 0x86, 0x84]))]),
        Buffer.concat([
          start,
          ...[5, 3].map((id) => frame(1, 5, id, Buffer.from([0x83, 0x86, 0x84]))),
        ]),
        // DATA, RST_STREAM and WINDOW_UPDATE where nothing is open, or of a wrong size.
        Buffer.concat([start, frame(0, 1, 1, Buffer.from('x'))]),
        Buffer.concat([start, frame(3, 0, 1, Buffer.alloc(4))]),
        Buffer.concat([start, frame(8, 0, 0, Buffer.alloc(4))]),
        Buffer.concat([start, frame(8, 0, 0, Buffer.from([0x7f, 0xff, 0xff, 0xff]))]),
        // Floods: settings, pings, empty frames, streams that are reset at once.
        Buffer.concat([start, ...Array.from({ length: 2000 }, () => settings)]),
        Buffer.concat([
          start,
          ...Array.from({ length: 2000 }, () => frame(6, 0, 0, Buffer.alloc(8))),
        ]),
        Buffer.concat([
          start,
          ...Array.from({ length: 2000 }, (_, i) => [
            frame(1, 5, 2 * i + 1, Buffer.from([0x83, 0x86, 0x84])),
            frame(3, 0, 2 * i + 1, Buffer.alloc(4)),
          ]).flat(),
        ]),
        // A call with a message whose length is a lie, and one that says it is compressed.
        ...[
          [0, 0xff, 0xff, 0xff, 0xff, 1],
          [1, 0, 0, 0, 1, 1],
          [9, 0, 0, 0, 0],
        ].map((message) =>
          Buffer.concat([
            start,
            frame(1, 4, 1, callHeaders(CHECK.path)),
            frame(0, 1, 1, Buffer.from(message)),
          ]),
        ),
      ]
      for (const attack of attacks) {
        await throwAt(listener.port, attack)
        await assertAlive(asker)
      }
      await assertAlive(client(listener.port))
    })
  })

  it('answers whatever the flow does, and tells of it', async () => {
    const boom = new Error('boom')
    const flows: readonly CheckAccess[] = [
      () => Promise.reject(boom),
      () => {
        throw boom
      },
    ]
    for (const checkAccess of flows) {
      const failures: unknown[] = []
      const { port } = await start({
        checkAccess,
        onFailure: (thrown) => void failures.push(thrown),
      })
      const answer = await check(client(port), question(['GET', '/v2/'], bearer()))
      assert.equal(answer.code, status.UNAVAILABLE)
      assert.equal(answer.status, 503)
      assert.doesNotMatch(answer.body, /boom/)
      assert.deepEqual(failures, [boom])
    }
  })

  it('answers even if telling of it fails, too', async () => {
    const checkAccess = () => Promise.reject(new Error('boom'))
    const onFailure = () => {
      throw new Error('bang')
    }
    const { port } = await start({ checkAccess, onFailure })
    const answer = await check(client(port), question(['GET', '/v2/'], bearer()))
    assert.equal(answer.status, 503)
  })

  it('answers even if what it has to say cannot be said', async () => {
    const failures: unknown[] = []
    const { port } = await start({
      checkAccess: () =>
        Promise.resolve({ decision: 'id', result: refused('token_missing', { scope: 'a\r\nb' }) }),
      onFailure: (thrown) => void failures.push(thrown),
    })
    const answer = await check(client(port), question(['GET', '/v2/']))
    assert.equal(answer.status, 503)
    assert.equal(failures.length, 1)
  })

  describe('health', () => {
    const method = (name: string) =>
      (officialHealth[name] as MethodDefinition<object, { status: string }> | undefined) ??
      assert.fail(name)

    const health = (to: Client, service: string): Promise<string> =>
      new Promise((resolve, reject) => {
        const { path: at, requestSerialize, responseDeserialize } = method('Check')
        const deadline = Date.now() + PATIENCE
        to.makeUnaryRequest(
          ...([at, requestSerialize, responseDeserialize, { service }, new Metadata()] as const),
          { deadline },
          (error, got) => {
            if (error === null) resolve(got?.status ?? '')
            else reject(error)
          },
        )
      })

    function watch(to: Client, service: string): ClientReadableStream<{ status: string }> {
      const { path: at, requestSerialize, responseDeserialize } = method('Watch')
      return to.makeServerStreamRequest(at, requestSerialize, responseDeserialize, { service })
    }

    const SERVICES = ['', 'envoy.service.auth.v3.Authorization']

    it('follows readiness at once', async () => {
      const { port } = await start()
      const asker = client(port)
      for (const ready of [true, false, true]) {
        gateway.ready(ready)
        for (const service of SERVICES) {
          assert.equal(await health(asker, service), ready ? 'SERVING' : 'NOT_SERVING')
        }
      }
    })

    it('does not know another service', async () => {
      const { port } = await start()
      const asker = client(port)
      assert.equal((await failure(health(asker, 'x'))).code, status.NOT_FOUND)
      const stream = watch(asker, 'x')
      const first = await new Promise<{ status: string }>((resolve) => stream.once('data', resolve))
      assert.equal(first.status, 'SERVICE_UNKNOWN')
      stream.on('error', () => undefined).cancel()
    })

    it('ends a watch of a service that it does not know when it stops, too', async () => {
      const listener = await start()
      const stream = watch(client(listener.port), 'x')
      await once(stream, 'data')
      const ended = once(stream, 'end')
      const begin = performance.now()
      await listener.close(PATIENCE)
      await ended
      assert.ok(performance.now() - begin < PATIENCE / 2, 'an open watch held up the drain')
    })

    it('answers a watch that is asked for while it stops, and ends it', async () => {
      const listener = await start()
      const over = grpcSession(listener.port)
      closers.push(() => {
        over.destroy()
      })
      const stream = beginCall(over, '/grpc.health.v1.Health/Watch')
      const path = '/grpc.health.v1.Health/Check'
      // Sent after its head, so that this is read by then.
      await grpcCall(over, path, {}, [message(Buffer.alloc(0))])
      const closed = listener.close(PATIENCE)
      stream.end(message(Buffer.alloc(0)))
      const { body, trailers } = await answerOf(stream)
      assert.deepEqual(body, message(Buffer.from([0x08, 2])))
      assert.equal(trailers['grpc-status'], '0')
      await closed
    })

    it('refuses what is no request, to be checked or to be watched', async () => {
      const { port } = await start()
      const over = grpcSession(port)
      closers.push(() => {
        over.destroy()
      })
      for (const name of ['Check', 'Watch']) {
        const path = `/grpc.health.v1.Health/${name}`
        const { head } = await grpcCall(over, path, {}, [message(Buffer.from([0xff]))])
        assert.equal(head['grpc-status'], String(status.INTERNAL), name)
      }
    })

    it('tells who watches of each change, and ends the watch when it stops', async () => {
      const listener = await start()
      const seen: string[] = []
      const stream = watch(client(listener.port), '')
      const ended = new Promise((resolve) => stream.once('end', resolve))
      stream.on('data', ({ status: got }: { status: string }) => seen.push(got))
      const until = async (count: number) => {
        for (const end = Date.now() + PATIENCE; seen.length < count && Date.now() < end;) {
          await sleep(10)
        }
      }
      await until(1)
      gateway.ready(false)
      await until(2)
      gateway.ready(true)
      await until(3)
      const started = Date.now()
      await listener.close(PATIENCE)
      await ended
      assert.deepEqual(seen, ['SERVING', 'NOT_SERVING', 'SERVING', 'NOT_SERVING'])
      assert.ok(Date.now() - started < PATIENCE / 2, 'an open watch held up the drain')
    })
  })

  describe('close', () => {
    /** A flow that decides when it is told to. */
    function held() {
      let release: () => void = () => undefined
      let arrived: () => void = () => undefined
      const gate = new Promise<void>((resolve) => (release = resolve))
      const inFlight = new Promise<void>((resolve) => (arrived = resolve))
      const checkAccess: CheckAccess = async () => {
        arrived()
        await gate
        return { decision: 'id', result: accepted({ headers: {}, removeQuery: [] }) }
      }
      return { checkAccess, release, inFlight }
    }

    const connects = (port: number): Promise<boolean> =>
      new Promise((resolve) => {
        const socket = connect(port, '127.0.0.1')
        socket.on('connect', () => {
          socket.destroy()
          resolve(true)
        })
        socket.on('error', () => {
          resolve(false)
        })
      })

    it('finishes the calls in flight and takes no new connection', async () => {
      const { checkAccess, release, inFlight } = held()
      const listener = await start({ checkAccess })
      assert.equal(await connects(listener.port), true)
      const answer = check(client(listener.port), question(['GET', '/v2/'], bearer()))
      await inFlight
      let closed = false
      const closing = listener.close(PATIENCE).then(() => (closed = true))
      await sleep(50)
      assert.equal(closed, false, 'it did not wait')
      assert.equal(await connects(listener.port), false)
      release()
      assert.equal((await answer).code, 0)
      await closing
    })

    it('cuts what does not end in time', async () => {
      const { checkAccess, inFlight } = held()
      const listener = await start({ checkAccess })
      const cut = failure(check(client(listener.port), question(['GET', '/v2/'], bearer())))
      await inFlight
      const started = Date.now()
      await listener.close(100)
      assert.ok(Date.now() - started < PATIENCE / 2)
      assert.notEqual((await cut).code, status.DEADLINE_EXCEEDED)
    })

    it('keeps no connection of a client that speaks no HTTP/2 and does not hang up', async () => {
      const open = () =>
        process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length
      await until('the connections of other tests are gone', PATIENCE, () => open() === 0)
      const listener = await start()
      const held = connect({ port: listener.port, host: '127.0.0.1', allowHalfOpen: true })
      held.on('error', () => undefined)
      try {
        await once(held, 'connect')
        await until('both ends are open', PATIENCE, () => open() === 2)
        const closing = listener.close(200)
        held.write('CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n')
        await closing
        await sleep(0)
        assert.ok(open() <= 1, 'only the end of the client may be left')
      } finally {
        held.destroy()
      }
    })

    it('cuts a call that takes too long, with its connection', async () => {
      const { checkAccess, inFlight } = held()
      const { port } = await start({ checkAccess, bounds: { call: 500 } })
      const cut = failure(check(client(port), question(['GET', '/v2/'], bearer())))
      // On a machine that is late it may be cut before all of it is read.
      await Promise.race([inFlight, cut])
      assert.equal((await cut).code, status.UNAVAILABLE)
    })

    for (const kind of Object.keys(OPEN_CALLS) as (keyof typeof OPEN_CALLS)[]) {
      it(`keeps no calls that hold too much: ${kind}`, async () => {
        const { port } = await start({ bounds: { memory: 16 * 1024 * 1024, call: 2 * PATIENCE } })
        const good = client(port)
        await assertAlive(good)
        const begin = performance.now()
        await openCalls(port, kind, { connections: 1, lasts: PATIENCE })
        assert.ok(performance.now() - begin < PATIENCE, 'they were kept')
        await assertAlive(good)
      })
    }

    it('takes no head that is large, from whoever keeps to its settings or not', async () => {
      const { port } = await start()
      const asked = message(CHECK.requestSerialize(question(['GET', '/v2/'], bearer())))
      for (const [head, taken] of [
        [{ x: 'x'.repeat(7_000) }, true],
        [{ x: 'x'.repeat(8_200) }, false],
        [{ x: 'x'.repeat(60_000) }, false],
        [{ ['x'.repeat(8_200)]: 'x' }, false],
        // Node has its values one by one.
        [{ 'set-cookie': Array.from({ length: 7 }, () => 'x'.repeat(1_000)) }, true],
        [{ 'set-cookie': Array.from({ length: 9 }, () => 'x'.repeat(1_000)) }, false],
      ] as const) {
        // Sent before the settings are known.
        const over = grpcSession(port)
        const answer = await grpcCall(over, CHECK.path, head, [asked])
        over.destroy()
        assert.equal(answer.head[':status'], taken ? 200 : answer.head[':status'])
        assert.equal(answer.trailers['grpc-status'], taken ? '0' : undefined)
      }
      await assertAlive(client(port))
    })

    it('does not wait for a connection that is idle', async () => {
      const listener = await start()
      await assertAlive(client(listener.port))
      const started = Date.now()
      await listener.close(PATIENCE)
      assert.ok(Date.now() - started < PATIENCE / 2)
    })
  })

  describe('errors of an operator', () => {
    const startError = (promise: Promise<unknown>): Promise<RauthError> =>
      promise.then(
        () => assert.fail('it started'),
        (error: unknown) => (error instanceof RauthError ? error : assert.fail(String(error))),
      )

    it('name the port that is in use', async () => {
      const { port } = await start()
      const options = { ...WHERE, ...PLAIN, checkAccess: gateway.checkAccess, ready: () => true }
      const error = await startError(
        startGrpcServer({ check: createCheck(options), ...options }, { host: '127.0.0.1', port }),
      )
      assert.equal(error.code, 'ERR_LISTEN')
      assert.match(error.message, new RegExp(`127\\.0\\.0\\.1:${String(port)}.*EADDRINUSE`))
    })

    it('listens on IPv6, too', async () => {
      const { checkAccess } = gateway
      const options = { ...WHERE, ...PLAIN, checkAccess, ready: () => true }
      const listener = await startGrpcServer(
        { check: createCheck(options), ...options },
        { host: '::1', port: 0 },
      )
      closers.push(() => listener.close(0))
      const asker = new Client(`[::1]:${String(listener.port)}`, credentials.createInsecure())
      closers.push(() => {
        asker.close()
      })
      await assertAlive(asker)
    })
  })
})
