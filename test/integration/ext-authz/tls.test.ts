import assert from 'node:assert/strict'
import { connect as connectHttp2 } from 'node:http2'
import { afterEach, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ConnectionOptions } from 'node:tls'
import { Client, credentials, status, type ServiceError } from '@grpc/grpc-js'
import { createCheck, startGrpcServer } from '../../../src/adapters/ext-authz/grpc-server.ts'
import {
  createGatewayExchange,
  createGatewayHttpServer,
} from '../../../src/adapters/ext-authz/http-server.ts'
import { listenHttp, type Listener } from '../../../src/adapters/listen.ts'
import type { CheckAccess } from '../../../src/check-access.ts'
import type { KeyPairPem } from '../../../src/token/certificate.ts'
import { tlsAuthority } from '../../support/tls-certificates.ts'
import { converse, handshake, renegotiate, stall, startStall } from '../../support/tls-client.ts'
import { tlsFolder, type TlsFolder } from '../../support/tls-folder.ts'
import { exchange, head } from '../../support/wire.ts'
import { CHECK } from '../../support/check-messages.ts'
import { createTestGateway, PLAIN, WHERE } from './gateway.ts'
import { PREFACE } from '../../support/http2-frames.ts'
import { until } from '../../support/until.ts'

/** Longer than a busy machine needs for anything here, ms: what takes this long never comes. */
const PATIENCE = 20_000

const LOOPBACK = { host: '127.0.0.1', port: 0 }
const ca = await tlsAuthority('CA')
const clientCa = await tlsAuthority('client CA')
const first = await ca.issue('first')
const second = await ca.issue('second')
const envoy = await clientCa.issue('envoy', { usage: 'client' })
const gateway = await createTestGateway()

/** A check of a request with the token of team-a; resolves with the code of the answer. */
function check(client: Client, path = '/v2/team-a/app/tags/list'): Promise<number> {
  const headers = { authorization: `Bearer ${gateway.token}` }
  const asked = { attributes: { request: { http: { method: 'GET', path, headers } } } }
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      CHECK.path,
      CHECK.requestSerialize,
      CHECK.responseDeserialize,
      asked,
      { deadline: Date.now() + PATIENCE },
      (error, got) => {
        if (error !== null) reject(error)
        else resolve((got?.status as { code?: number } | undefined)?.code ?? 0)
      },
    )
  })
}

const failure = (promise: Promise<unknown>): Promise<ServiceError> =>
  promise.then(
    () => assert.fail('it was answered'),
    (error: unknown) => error as ServiceError,
  )

describe('the gateway over TLS', () => {
  const closers: (() => Promise<void> | void)[] = []
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close()
  })

  async function open(clientAuthority?: string): Promise<TlsFolder> {
    const folder = await tlsFolder(first, clientAuthority)
    closers.push(() => folder.remove())
    return folder
  }

  async function grpc(
    { tls }: TlsFolder,
    checkAccess: CheckAccess = gateway.checkAccess,
  ): Promise<Listener> {
    const ready = () => true
    const options = { ...WHERE, ...PLAIN, checkAccess }
    const listener = await startGrpcServer({ check: createCheck(options), ready, tls }, LOOPBACK)
    closers.push(() => listener.close(0))
    return listener
  }

  async function http({ tls }: TlsFolder): Promise<Listener> {
    const server = createGatewayHttpServer(
      createGatewayExchange({
        ...WHERE,
        proxy: 'envoy',
        checkAccess: gateway.checkAccess,
      }),
      tls,
    )
    const listener = await listenHttp(server, LOOPBACK)
    closers.push(() => listener.close(0))
    return listener
  }

  function client(port: number, own?: KeyPairPem): Client {
    const pem = (text: string | undefined) => (text === undefined ? null : Buffer.from(text))
    const made = new Client(
      `localhost:${port}`,
      credentials.createSsl(Buffer.from(ca.certificate), pem(own?.key), pem(own?.certificate)),
      // A channel of its own, with a connection of its own.
      { 'grpc.use_local_subchannel_pool': 1 },
    )
    closers.push(() => {
      made.close()
    })
    return made
  }

  const h2 = { ca: ca.certificate, ALPNProtocols: ['h2'] }

  async function shown(port: number, options: ConnectionOptions = h2): Promise<string> {
    const socket = await handshake(port, options)
    const { subject } = socket.getPeerCertificate()
    socket.destroy()
    return String(subject.CN)
  }

  it('answers checks over TLS 1.3', async () => {
    const { port } = await grpc(await open())
    assert.equal(await check(client(port)), 0)
    assert.notEqual(await check(client(port), '/v2/team-b/app/tags/list'), 0)
    const socket = await handshake(port, h2)
    assert.deepEqual([socket.getProtocol(), socket.alpnProtocol], ['TLSv1.3', 'h2'])
    socket.destroy()
  })

  it('refuses TLS 1.1, also after a change, and renegotiation', async () => {
    const folder = await open()
    const { port } = await grpc(folder)
    const refused = async () => {
      const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL@SECLEVEL=0' } as const
      const { code } = await converse(port, { ...h2, ...old }, '')
      assert.equal(code, 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION')
    }
    await refused()
    await folder.put(second)
    await until('the new one', PATIENCE, async () => (await shown(port)) === 'second')
    await refused()
    const socket = await handshake(port, { ...h2, maxVersion: 'TLSv1.2' })
    assert.match(await renegotiate(socket), /no renegotiation/i)
  })

  it('cuts what is no TLS', async () => {
    const { port } = await grpc(await open())
    for (const said of [PREFACE, head('GET / HTTP/1.1')]) {
      assert.doesNotMatch((await exchange(port, said)).text, /HTTP|SETTINGS/)
    }
    const plain = new Client(`localhost:${port}`, credentials.createInsecure())
    closers.push(() => {
      plain.close()
    })
    assert.equal((await failure(check(plain))).code, status.UNAVAILABLE)
    assert.equal(await check(client(port)), 0)
  })

  it('lets in nobody but who has a certificate of the client CA', async () => {
    const folder = await open(clientCa.certificate)
    const { port } = await grpc(folder)
    const refused = async () => {
      for (const own of [undefined, await ca.issue('envoy', { usage: 'client' })]) {
        assert.equal((await failure(check(client(port, own)))).code, status.UNAVAILABLE)
      }
      for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
        // Not even the SETTINGS that a server sends first.
        assert.equal((await converse(port, { ...h2, maxVersion }, PREFACE.toString())).text, '')
      }
    }
    assert.equal(await check(client(port, envoy)), 0)
    await refused()
    await folder.put(second)
    const { key, certificate: cert } = envoy
    await until(
      'the new one',
      PATIENCE,
      async () => (await shown(port, { ...h2, key, cert })) === 'second',
    )
    assert.equal(await check(client(port, envoy)), 0)
    await refused()
  })

  it('does the same over HTTP', async () => {
    const folder = await open(clientCa.certificate)
    const { port } = await http(folder)
    const said = head(
      'GET /v2/team-a/app/tags/list HTTP/1.1',
      `Authorization: Bearer ${gateway.token}`,
      'Connection: close',
    )
    const { key, certificate: cert } = envoy
    const own = { ca: ca.certificate, key, cert }
    assert.match((await converse(port, own, said)).text, /^HTTP\/1\.1 200 /)
    assert.equal((await converse(port, { ca: ca.certificate }, said)).text, '')
    assert.equal((await exchange(port, said)).text.includes('HTTP'), false)
    await folder.put(second)
    await until('the new one', PATIENCE, async () => (await shown(port, own)) === 'second')
  })

  it('shows a new certificate to new connections, while old ones go on', async () => {
    const folder = await open()
    const { port } = await grpc(folder)
    const old = client(port)
    const connection = await handshake(port, h2)
    closers.push(() => void connection.destroy())
    let closed = false
    connection.on('close', () => (closed = true))
    assert.equal(await check(old), 0)
    assert.equal(await shown(port), 'first')
    await folder.put(second)
    await until('the new one', PATIENCE, async () => (await shown(port)) === 'second')
    assert.equal(await check(old), 0)
    assert.equal(await check(client(port)), 0)
    assert.equal(closed, false)
  })

  it('goes on with the old certificate when the new one is bad', async () => {
    const folder = await open()
    const { port } = await grpc(folder)
    await folder.put({ ...second, certificate: 'garbage' })
    await until('the complaint', PATIENCE, () => folder.failures() > 0)
    assert.equal(await shown(port), 'first')
    assert.equal(await check(client(port)), 0)
  })

  it('answers others while handshakes stall, and gives those ten seconds', async () => {
    const { port } = await grpc(await open())
    const begin = performance.now()
    const stalled = await stall(port, 100)
    assert.equal(await check(client(port)), 0)
    await Promise.all(stalled.map(({ cut }) => cut))
    const took = performance.now() - begin
    assert.ok(took > 5_000 && took < 60_000, `${took} ms`)
  })

  it('ends the checks in flight before it closes', async () => {
    let release = () => {}
    const released = new Promise<void>((resolve) => (release = resolve))
    let asked = () => {}
    const began = new Promise<void>((resolve) => (asked = resolve))
    const listener = await grpc(await open(), async (...args) => {
      asked()
      await released
      return gateway.checkAccess(...args)
    })
    const answer = check(client(listener.port))
    await began
    const closed = listener.close(PATIENCE)
    assert.equal(await Promise.race([closed.then(() => 'closed'), sleep(300, 'open')]), 'open')
    release()
    assert.equal(await answer, 0)
    await closed
  })

  it('tells a client whose handshake ends while it closes, and does not wait for it', async () => {
    for (let attempt = 1; ; attempt += 1) {
      const listener = await grpc(await open())
      const between = await startStall(listener.port)
      closers.push(() => {
        between.close()
      })
      const over = connectHttp2(`https://localhost:${between.port}`, { ca: ca.certificate })
      closers.push(() => {
        over.destroy()
      })
      over.on('error', () => undefined)
      let [told, greeted] = [false, false]
      over.on('goaway', () => (told = true))
      over.on('remoteSettings', () => (greeted = true))
      await between.stalled
      const begin = performance.now()
      const closed = listener.close(PATIENCE)
      between.release()
      await closed
      assert.ok(performance.now() - begin < PATIENCE / 2, 'it waited')
      await until('the end of it', PATIENCE, () => over.destroyed)
      // On a busy machine the connection may be cut as one that never said a word.
      if (!greeted && attempt < 10) continue
      assert.equal(told, true)
      break
    }
  })

  it('stops in time while handshakes stall', async () => {
    const listener = await grpc(await open())
    const stalled = await stall(listener.port, 4)
    const begin = performance.now()
    await listener.close(200)
    assert.ok(performance.now() - begin < 5_000)
    for (const { socket } of stalled) socket.destroy()
  })
})
