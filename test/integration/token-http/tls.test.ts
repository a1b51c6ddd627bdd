import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { Agent, request } from 'node:https'
import { connect } from 'node:net'
import { afterEach, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ConnectionOptions, TLSSocket } from 'node:tls'
import type { IssueToken } from '../../../src/issue-token.ts'
import { basic } from '../../support/http.ts'
import { run } from '../../support/run.ts'
import { tlsAuthority } from '../../support/tls-certificates.ts'
import { closed, converse, handshake, renegotiate, stall } from '../../support/tls-client.ts'
import { tlsFolder, type TlsFolder } from '../../support/tls-folder.ts'
import { exchange, head } from '../../support/wire.ts'
import { PASSWORD, SERVICE, startTokenService, type TokenService } from './token-service.ts'

/** Longer than a busy machine needs for anything here, ms: what takes this long never comes. */
const PATIENCE = 20_000

const ca = await tlsAuthority('CA')
const clientCa = await tlsAuthority('client CA')
const otherCa = await tlsAuthority('other CA')
const first = await ca.issue('first')
const second = await ca.issue('second')
const envoy = await clientCa.issue('envoy', { usage: 'client' })

const trusting: ConnectionOptions = { ca: ca.certificate }
const TOKEN = `/token?service=${SERVICE}&scope=repository:team-a/app:pull`
const HEALTH = head('GET /health HTTP/1.1', 'Connection: close')

interface Got {
  readonly status: number
  readonly body: string
  /** Common name of the server's certificate. */
  readonly server: string
}

function get(port: number, path: string, agent: Agent): Promise<Got> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: basic('team-a', PASSWORD) }
    const outgoing = request({ host: 'localhost', port, path, agent, headers }, (response) => {
      const { socket } = response as unknown as { socket: TLSSocket }
      const server = socket.getPeerCertificate().subject.CN
      let body = ''
      response.setEncoding('utf8').on('data', (text: string) => (body += text))
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, body, server: String(server) })
      })
    })
    outgoing.setTimeout(PATIENCE, () => outgoing.destroy(new Error('no answer')))
    outgoing.on('error', reject).end()
  })
}

describe('the token service over TLS', () => {
  let folder: TlsFolder
  let service: TokenService
  const agents: Agent[] = []
  const agent = (options: object = {}) => {
    const made = new Agent({ ...trusting, ...options })
    agents.push(made)
    return made
  }

  const start = async (clientAuthority?: string, issueToken?: (real: IssueToken) => IssueToken) => {
    folder = await tlsFolder(first, clientAuthority)
    service = await startTokenService({
      tls: folder.tls,
      ...(issueToken === undefined ? {} : { issueToken }),
    })
    service.events.length = 0
  }
  afterEach(async () => {
    for (const one of agents.splice(0)) one.destroy()
    await service.listener.close(0)
    await folder.remove()
  })

  const reloaded = async (name: string) => {
    const end = performance.now() + PATIENCE
    const shown = () => new X509Certificate(folder.tls.current().certificate).subject
    while (shown() !== `CN=${name}`) {
      if (performance.now() > end) assert.fail(`still ${shown()}`)
      await sleep(5)
    }
  }

  it('gives tokens over TLS 1.3 and 1.2, with the address of who asked', async () => {
    await start()
    for (const version of ['TLSv1.3', 'TLSv1.2'] as const) {
      const answer = await get(service.port, TOKEN, agent({ maxVersion: version }))
      assert.equal(answer.status, 200, version)
      assert.ok('token' in (JSON.parse(answer.body) as object))
      assert.equal(answer.server, 'first')
    }
    assert.deepEqual(
      service.events.map(({ address }) => address?.replace('::ffff:', '')),
      ['127.0.0.1', '127.0.0.1'],
    )
    const socket = await handshake(service.port, { ...trusting, ALPNProtocols: ['h2', 'http/1.1'] })
    assert.equal(socket.getProtocol(), 'TLSv1.3')
    assert.equal(socket.alpnProtocol, 'http/1.1')
    socket.destroy()
  })

  it('refuses TLS 1.1 as a protocol', async () => {
    await start()
    const old = { ...trusting, minVersion: 'TLSv1', maxVersion: 'TLSv1.1' } as const
    const { code } = await converse(service.port, { ...old, ciphers: 'ALL@SECLEVEL=0' }, HEALTH)
    assert.equal(code, 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION')
  })

  it('refuses what OpenSSL would renegotiate', async () => {
    await start()
    const socket = await handshake(service.port, { ...trusting, maxVersion: 'TLSv1.2' })
    assert.match(await renegotiate(socket), /no renegotiation/i)
  })

  it('speaks to openssl s_client', async (context) => {
    await start()
    const args = ['s_client', '-connect', `localhost:${service.port}`, '-quiet', '-tls1_2']
    const result = await run('openssl', args, { input: HEALTH }).catch(() => undefined)
    if (result === undefined) context.skip('no openssl on the PATH')
    else assert.match(result.output, /HTTP\/1\.1 200 OK/)
  })

  it('answers over TLS, too, what is no HTTP', async () => {
    await start()
    const { text } = await converse(service.port, trusting, 'NONSENSE\r\n\r\n')
    assert.match(text, /^HTTP\/1\.1 400 [^]*"errors":\[/)
  })

  it('cuts plain HTTP at once, without an answer and without a record', async () => {
    await start()
    for (const said of [HEALTH, 'x'.repeat(20_000), Buffer.alloc(3)]) {
      const begin = performance.now()
      const received = await exchange(service.port, said, { halfClose: Buffer.isBuffer(said) })
      assert.doesNotMatch(received.text, /HTTP/)
      assert.ok(performance.now() - begin < 5_000)
    }
    assert.deepEqual(service.events, [])
    assert.equal((await get(service.port, TOKEN, agent())).status, 200)
  })

  describe('with client certificates', () => {
    it('lets in who has one of that CA', async () => {
      await start(clientCa.certificate)
      for (const maxVersion of ['TLSv1.3', 'TLSv1.2']) {
        const { key, certificate: cert } = envoy
        const answer = await get(service.port, TOKEN, agent({ key, cert, maxVersion }))
        assert.equal(answer.status, 200)
      }
    })

    for (const maxVersion of ['TLSv1.3', 'TLSv1.2'] as const) {
      it(`answers nobody else over ${maxVersion}`, async () => {
        await start(clientCa.certificate)
        const now = Date.now()
        const others = {
          none: undefined,
          'of another CA': await otherCa.issue('envoy', { usage: 'client' }),
          'of the CA of the server': await ca.issue('envoy', { usage: 'client' }),
          'of a server': await clientCa.issue('envoy', { usage: 'server' }),
          ended: await clientCa.issue('envoy', {
            ...{ usage: 'client', from: new Date(now - 2e9), to: new Date(now - 1e9) },
          }),
        }
        for (const [name, pair] of Object.entries(others)) {
          const own = pair && { key: pair.key, cert: pair.certificate }
          const options = { ...trusting, maxVersion, ...own }
          assert.equal((await converse(service.port, options, HEALTH)).text, '', name)
        }
        assert.deepEqual(service.events, [])
      })
    }
  })

  it('shows a new certificate to new connections, while old ones go on', async () => {
    await start()
    const kept = agent({ keepAlive: true })
    assert.equal((await get(service.port, TOKEN, kept)).server, 'first')
    await folder.put(second)
    await reloaded('second')
    assert.equal((await get(service.port, TOKEN, agent())).server, 'second')
    const again = await get(service.port, TOKEN, kept)
    assert.deepEqual([again.status, again.server], [200, 'first'])
    const { code } = await converse(
      service.port,
      { ...trusting, maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'ALL@SECLEVEL=0' },
      HEALTH,
    )
    assert.equal(code, 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', 'the version stays')
  })

  it('asks for client certificates after a change, too', async () => {
    await start(clientCa.certificate)
    await folder.put(second)
    await reloaded('second')
    const { text } = await converse(service.port, trusting, HEALTH)
    assert.equal(text, '')
    const { key, certificate: cert } = envoy
    assert.equal((await get(service.port, TOKEN, agent({ key, cert }))).server, 'second')
  })

  it('goes on with the old certificate when the new one is bad', async () => {
    await start()
    await folder.put({ ...second, key: first.key })
    const end = performance.now() + PATIENCE
    while (folder.failures() === 0 && performance.now() < end) await sleep(10)
    assert.match(folder.tls.problem() ?? '', /is not the certificate of/)
    assert.equal((await get(service.port, TOKEN, agent())).server, 'first')
  })

  it('serves others while handshakes stall, and stops without waiting for them', async () => {
    await start()
    const stalled = await stall(service.port, 100)
    const begin = performance.now()
    assert.equal((await get(service.port, TOKEN, agent())).status, 200)
    const silent = await handshake(service.port, trusting)
    const cut = [...stalled.map((one) => one.cut), closed(silent)]
    await service.listener.close(PATIENCE)
    await Promise.all(cut)
    assert.ok(performance.now() - begin < 8_000, 'the limit of handshakes is not waited for')
  })

  it('gives handshakes ten seconds', async () => {
    await start()
    const begin = performance.now()
    await Promise.all((await stall(service.port, 2)).map(({ cut }) => cut))
    const took = performance.now() - begin
    assert.ok(took > 5_000 && took < 60_000, `${took} ms`)
  })

  it('ends the requests in flight before it closes', async () => {
    let release = () => {}
    const released = new Promise<void>((resolve) => (release = resolve))
    await start(undefined, (real) => async (...args) => {
      await released
      return real(...args)
    })
    const answer = get(service.port, TOKEN, agent({ keepAlive: true }))
    await once(service.server, 'request', { signal: AbortSignal.timeout(PATIENCE) })
    const closed = service.listener.close(PATIENCE)
    assert.equal(await Promise.race([closed.then(() => 'closed'), sleep(300, 'open')]), 'open')
    release()
    assert.equal((await answer).status, 200)
    await closed
    await assert.rejects(once(connect(service.port, 'localhost'), 'connect'), /ECONNREFUSED/)
  })

  it('cuts what is in flight when the time is over', async () => {
    await start(undefined, () => () => new Promise(() => undefined))
    const answer = assert.rejects(get(service.port, TOKEN, agent()), /hang up|ECONNRESET/)
    await once(service.server, 'request', { signal: AbortSignal.timeout(PATIENCE) })
    const begin = performance.now()
    await service.listener.close(100)
    assert.ok(performance.now() - begin < 8_000)
    await answer
  })
})
