import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { after, afterEach, before, describe, it } from 'node:test'
import type { ConnectionOptions } from 'node:tls'
import { createCheck, startGrpcServer } from '../../src/adapters/ext-authz/grpc-server.ts'
import {
  createGatewayExchange,
  createGatewayHttpServer,
} from '../../src/adapters/ext-authz/http-server.ts'
import type { HandshakeFailure } from '../../src/adapters/handshake-failure.ts'
import { listenHttp, type Listener } from '../../src/adapters/listen.ts'
import { SERVICE } from '../support/flows.ts'
import { run } from '../support/run.ts'
import { tlsAuthority } from '../support/tls-certificates.ts'
import { closed, converse, handshake } from '../support/tls-client.ts'
import { tlsFolder, type TlsFolder } from '../support/tls-folder.ts'
import { until } from '../support/until.ts'

const LOOPBACK = { host: '127.0.0.1', port: 0 }
const ca = await tlsAuthority('CA')
const clientCa = await tlsAuthority('client CA')
const otherCa = await tlsAuthority('other CA')
const server = await ca.issue('server')
const ofClient = async (authority: typeof ca, to?: Date) => {
  const from = new Date(0)
  const usage = 'client' as const
  const dates = to === undefined ? {} : { from, to }
  const { key, certificate: cert } = await authority.issue('envoy', { usage, ...dates })
  return { key, cert }
}
const envoy = await ofClient(clientCa)
const stranger = await ofClient(otherCa)
const ended = await ofClient(clientCa, new Date(1_000_000_000))

const trusting: ConnectionOptions = { ca: ca.certificate }
const says = (options: ConnectionOptions) => (port: number) =>
  converse(port, { ...trusting, ...options }, 'GET / HTTP/1.1\r\n\r\n')

/** Bytes on a connection without TLS. */
const plainly = (text: string) => async (port: number) => {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined).resume()
  await once(socket, 'connect', { signal: AbortSignal.timeout(20_000) })
  if (text === '') socket.destroy()
  else socket.write(text)
  await closed(socket)
}

type Client = (port: number) => Promise<unknown>
const OLD = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const

const CLIENTS: readonly (readonly [who: string, client: Client, reason: string])[] = [
  ['that speaks plain HTTP', plainly('GET / HTTP/1.1\r\nHost: x\r\n\r\n'), 'no_tls'],
  ['that speaks plain HTTP/2', plainly('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), 'no_tls'],
  ['that looks whether the port is open', plainly(''), 'closed'],
  ['of TLS 1.1', says(OLD), 'nothing_in_common'],
  ['of another protocol', says({ ALPNProtocols: ['x'] }), 'nothing_in_common'],
  [
    'that does not trust the certificate (curl)',
    (port) => run('curl', ['-sS', `https://localhost:${port}/`]),
    'certificate_refused',
  ],
  ['without a certificate', says({}), 'client_certificate_missing'],
  ['with the certificate of another CA', says(stranger), 'client_certificate_refused'],
  [
    'with a certificate that has ended, over TLS 1.2',
    says({ ...ended, maxVersion: 'TLSv1.2' }),
    'client_certificate_refused',
  ],
]

for (const kind of ['HTTP', 'gRPC'] as const) {
  describe(`a TLS handshake that fails at a port for ${kind}`, () => {
    let folder: TlsFolder
    let listener: Listener
    const failures: HandshakeFailure[] = []

    before(async () => {
      folder = await tlsFolder(server, clientCa.certificate)
      const tls = {
        ...folder.tls,
        onHandshakeFailure: (failure: HandshakeFailure) => failures.push(failure),
      }
      const options = {
        ...{ realm: 'https://registry.test/token', service: SERVICE, tls },
        checkAccess: () => assert.fail('nothing is asked'),
      }
      listener =
        kind === 'HTTP'
          ? await listenHttp(
              createGatewayHttpServer(
                createGatewayExchange({ ...options, proxy: 'envoy' }),
                options.tls,
              ),
              LOOPBACK,
            )
          : await startGrpcServer(
              {
                ...options,
                check: createCheck({ ...options, realms: new Map(), stripAuthorization: false }),
                ready: () => true,
              },
              LOOPBACK,
            )
    })
    after(async () => {
      await listener.close(0)
      await folder.remove()
    })
    afterEach(() => {
      failures.length = 0
    })

    for (const [who, client, reason] of CLIENTS) {
      it(`is told of a client ${who}: ${reason}`, async () => {
        await client(listener.port)
        await until('the failure', 20_000, () => failures.length > 0)
        assert.deepEqual(
          failures.map((failure) => failure.reason),
          [reason],
        )
      })
    }

    it('is not told of a client that gets in', async () => {
      const protocol = kind === 'gRPC' ? { ALPNProtocols: ['h2'] } : {}
      const socket = await handshake(listener.port, { ...trusting, ...envoy, ...protocol })
      socket.destroy()
      await closed(socket)
      assert.deepEqual(failures, [])
    })
  })
}
