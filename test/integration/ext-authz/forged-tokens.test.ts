import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  createGatewayExchange,
  createGatewayHttpServer,
} from '../../../src/adapters/ext-authz/http-server.ts'
import { listenHttp, type Listener } from '../../../src/adapters/listen.ts'
import { SERVICE } from '../../support/flows.ts'
import { compactJws, throwAwayKey } from '../../support/signing-keys.ts'
import { exchange } from '../../support/wire.ts'
import { createTestGateway, WHERE, type TestGateway } from './gateway.ts'

/** What a client sees of forged tokens at the gateway, and what the gateway does about them. */
describe('a forged token', () => {
  let gateway: TestGateway
  let listener: Listener
  let trap: Server
  let caught = 0
  let opened = 0
  const onSocket = () => (opened += 1)

  before(async () => {
    gateway = await createTestGateway()
    const server = createGatewayHttpServer(
      createGatewayExchange({
        ...WHERE,
        proxy: 'envoy',
        checkAccess: gateway.checkAccess,
      }),
    )
    listener = await listenHttp(server, { host: '127.0.0.1', port: 0 })
    trap = createServer((socket) => {
      caught += 1
      socket.destroy()
    }).listen(0, '127.0.0.1')
    await once(trap, 'listening')
    subscribe('net.client.socket', onSocket)
  })
  after(async () => {
    unsubscribe('net.client.socket', onSocket)
    await listener.close(0)
    trap.close()
  })

  /** All that the client gets, but for what differs between any two answers. */
  async function answerTo(token: string): Promise<string> {
    const head = ['GET /v2/team-a/app/tags/list HTTP/1.1', 'host: x', 'connection: close']
    const bytes = [...head, `authorization: Bearer ${token}`, '', ''].join('\r\n')
    const { text } = await exchange(listener.port, bytes)
    return text.replaceAll(/"decision":"[^"]+"|^date: .+$/gim, '…')
  }

  const decode = (part = '') =>
    JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>

  /** The good token's header and claims, signed by a key with changes. */
  function forge(header: object, claims: object = {}, by = gateway.keys.active(0)): string {
    const [goodHeader, goodClaims] = gateway.token.split('.', 2).map(decode)
    return compactJws(by, { ...goodHeader, ...header }, { ...goodClaims, ...claims })
  }

  it('is the good one where nothing is changed', async () => {
    assert.match(await answerTo(forge({})), /^HTTP\/1\.1 200 /)
  })

  it('opens no socket to wherever its header says that keys are', async () => {
    const { port } = trap.address() as AddressInfo
    const stranger = await throwAwayKey('ES256')
    const own = gateway.keys.active(0)
    const before = opened
    let asked = 0
    for (const name of ['jku', 'x5u']) {
      for (const host of ['127.0.0.1', 'localhost']) {
        const header = { [name]: `http://${host}:${port}/keys` }
        for (const token of [
          forge(header),
          forge({ ...header, kid: stranger.kid }, {}, stranger),
          forge(header, {}, stranger),
        ]) {
          assert.match(await answerTo(token), /^HTTP\/1\.1 401 /)
          asked += 1
        }
        const refresh = compactJws(
          own,
          { alg: 'ES256', typ: 'rauth-refresh+jwt', kid: own.kid, ...header },
          {},
        )
        const verified = gateway.deps.refreshTokens.verify(refresh, SERVICE)
        assert.ok(!verified.ok && verified.refusal.detail === 'header')
      }
    }
    await sleep(200)
    assert.equal(caught, 0)
    assert.equal(opened - before, asked, 'but those of this test')
  })

  it('gets the same answer whatever is wrong with it', async () => {
    const stranger = await throwAwayKey('ES256')
    const now = Math.floor(gateway.deps.clock())
    const good = forge({})
    const forged = {
      'no token at all': 'a.b.c',
      'a part too many': `${good}.AA`,
      'another alg': forge({ alg: 'HS256' }),
      'a jwk': forge({ jwk: stranger.publicKey.export({ format: 'jwk' }) }, {}, stranger),
      'a foreign x5c': forge({ x5c: stranger.chain }),
      'an unknown kid': forge({ kid: 'unknown' }),
      'another typ': forge({ typ: 'at+jwt' }),
      crit: forge({ crit: ['exp'] }),
      "a stranger's signature": forge({}, {}, stranger),
      'another issuer': forge({}, { iss: 'somebody' }),
      'another audience': forge({}, { aud: 'elsewhere' }),
      'a life that is over': forge({}, { iat: now - 200, nbf: now - 200, exp: now - 100 }),
      'a time to come': forge({}, { iat: now + 100, nbf: now + 100, exp: now + 200 }),
      'a life too long': forge({}, { exp: now + 1e6 }),
      'another sub type': forge({}, { sub: {} }),
      'a claim more': forge({}, { scope: 'openid' }),
    }
    const answers = new Map<string, string[]>()
    for (const [what, token] of Object.entries(forged)) {
      const answer = await answerTo(token)
      answers.set(answer, [...(answers.get(answer) ?? []), what])
    }
    assert.deepEqual([...answers.values()], [Object.keys(forged)])
    assert.match([...answers.keys()].join(), /^HTTP\/1\.1 401 [^]+token_invalid/)
  })
})
