import assert from 'node:assert/strict'
import { connect as connectHttp2 } from 'node:http2'
import { connect } from 'node:net'
import { after, before, beforeEach, describe, it } from 'node:test'
import { askAlone } from '../differential/connection.ts'
import { toBytes, type HeaderLine } from '../differential/raw-request.ts'
import { readUnverified } from '../../src/token/unverified.ts'
import { auditLines } from '../support/audit-lines.ts'
import { digestPath } from '../support/fast-lane.ts'
import { CREDENTIALS, ELSEWHERE, HEX } from '../support/lane-attacks.ts'
import { ASKED } from '../support/gateway-word.ts'
import { ask } from '../support/http.ts'
import { until } from '../support/until.ts'
import { OWN, startLaneWitness, type LaneWitness } from '../support/lane-witness.ts'

/**
 * The shipped Envoy with the fast lane and a gateway that refuses everything: what comes to the registry
 * passed by the lane. The real gateway stands beside it and is asked about all that passed.
 */

const PATH = digestPath(OWN)

describe('the fast lane of the shipped Envoy, alone', () => {
  let lane: LaneWitness
  let token: string
  before(async () => {
    lane = await startLaneWitness()
  })
  // The window of one that all tests had could be over before the last of them.
  beforeEach(async () => {
    token = await lane.token(OWN)
  })
  after(() => lane.stop())

  /** Status of the answer to exactly these bytes; 0: none. */
  async function send(
    target: string,
    headers: readonly HeaderLine[] = [],
    { method = 'GET', body = '' } = {},
  ): Promise<number> {
    const bytes = toBytes({ method, target, headers, body }, { token })
    return (await askAlone(lane.front.port, bytes, method)).status
  }
  const gotThrough = () => lane.passed.length

  it('lets reads by digest pass, with the names that the gateway would give', async () => {
    for (const method of ['GET', 'HEAD']) {
      for (const kind of ['blobs', 'manifests']) {
        const before = gotThrough()
        assert.equal(await send(digestPath(OWN, kind), [], { method }), 200, `${method} ${kind}`)
        assert.equal(gotThrough(), before + 1)
        const headers = lane.passed[before]?.headers
        assert.equal(headers?.get('x-rauth-account'), 'team-a')
        assert.equal(headers.get('x-rauth-namespace'), 'team-a')
        assert.equal(headers.get('authorization'), `Bearer ${token}`)
      }
    }
  })

  it('lets what is public pass for nobody, and each of several repositories', async () => {
    const both = await lane.token(OWN, 'team-a/other')
    for (const name of [OWN, 'team-a/other']) {
      const headers = { authorization: `Bearer ${both}` }
      assert.equal((await ask(lane.front.port, digestPath(name), { headers })).status, 200, name)
    }
    const third = { authorization: `Bearer ${both}` }
    assert.equal(
      (await ask(lane.front.port, digestPath('team-a/x'), { headers: third })).status,
      ASKED,
    )
  })

  for (const [what, target] of ELSEWHERE) {
    it(`asks about ${what}`, async () => {
      const before = gotThrough()
      for (const method of ['GET', 'HEAD']) {
        assert.notEqual(await send(target, [], { method }), 200, method)
      }
      assert.equal(gotThrough(), before)
    })
  }

  it('takes paths that Envoy has made canonical for what they are then', async () => {
    const before = gotThrough()
    const spellings = [
      `/v2/team-b/../${OWN}/blobs/sha256:${HEX}`,
      `//v2//${PATH.slice(4)}`,
      PATH.replace('team-a', '%74eam-a'),
      `${PATH.slice(0, -1)}%30`,
    ]
    for (const target of spellings) assert.equal(await send(target), 200, target)
    // As the registry gets them; the gateway was asked about that.
    for (const { path } of lane.passed.slice(before)) assert.equal(path, PATH)
    assert.deepEqual(lane.wrong, [])
  })

  const METHODS = ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT', 'get', 'GETX']
  for (const method of METHODS) {
    it(`asks about ${method}`, async () => {
      const before = gotThrough()
      assert.notEqual(await send(PATH, [], { method }), 200)
      assert.equal(gotThrough(), before)
    })
  }

  for (const [what, values] of CREDENTIALS) {
    it(`asks where the credential is ${what}`, async () => {
      const before = gotThrough()
      const lines = values.map((value): HeaderLine => ['Authorization', value])
      const none: HeaderLine[] = [['Authorization', '{none}']]
      assert.notEqual(await send(PATH, lines.length === 0 ? none : lines), 200)
      assert.equal(gotThrough(), before)
    })
  }

  it('asks where a signature is spelled in another way, though it is the same', async () => {
    const last = token.at(-1) ?? ''
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const before = gotThrough()
    // 64 bytes are 86 characters, of whose last four bits nobody reads.
    const at = alphabet.indexOf(last)
    const same = Array.from({ length: 15 }, (_, i) => alphabet[(at & 0b110000) | (i + 1)] ?? '')
    for (const other of same) {
      const authorization = `Bearer ${token.slice(0, -1)}${other}`
      const answer = await ask(lane.front.port, PATH, { headers: { authorization } })
      assert.equal(answer.status, ASKED, other)
    }
    assert.equal(gotThrough(), before)
  })

  it('asks where a signature has zeros before its numbers, though these are the same', async () => {
    const at = token.lastIndexOf('.') + 1
    const bytes = Buffer.from(token.slice(at), 'base64url')
    const before = gotThrough()
    for (const zeros of [1, 2, 16, 32, 96]) {
      const zero = Buffer.alloc(zeros)
      const padded = [zero, bytes.subarray(0, 32), zero, bytes.subarray(32)]
      const authorization = `Bearer ${token.slice(0, at)}${Buffer.concat(padded).toString('base64url')}`
      const answer = await ask(lane.front.port, PATH, { headers: { authorization } })
      assert.equal(answer.status, ASKED, String(zeros))
    }
    assert.equal(gotThrough(), before)
  })

  it('lets nobody say who it is, or ask for another path or method', async () => {
    const before = gotThrough()
    const lines: HeaderLine[] = [
      ['X-Rauth-Account', 'team-b'],
      ['x-rauth-namespace', 'team-b'],
      ['X-Http-Method-Override', 'DELETE'],
      ['X-Original-Url', digestPath('team-b/app')],
      ['X-Envoy-Original-Path', digestPath('team-b/app')],
    ]
    assert.equal(await send(PATH, lines), 200)
    const { headers = new Map<string, string>() } = lane.passed[before] ?? {}
    assert.equal(headers.get('x-rauth-account'), 'team-a')
    assert.equal(headers.get('x-rauth-namespace'), 'team-a')
    for (const name of ['x-http-method-override', 'x-original-url', 'x-envoy-original-path']) {
      assert.equal(headers.get(name), undefined, name)
    }
  })

  it('asks about a request with a body, and about one that took its time', async () => {
    const before = gotThrough()
    assert.notEqual(await send(PATH, [['Content-Length', '1']], { body: 'x' }), 200)
    const slow = await new Promise<string>((resolve, reject) => {
      const socket = connect(lane.front.port, '127.0.0.1')
      socket.on('error', reject).on('data', (bytes) => {
        socket.destroy()
        resolve(bytes.toString('latin1', 9, 12))
      })
      socket.write(`GET ${PATH} HTTP/1.1\r\nHost: localhost\r\n`)
      setTimeout(() => socket.write(`Authorization: Bearer ${token}\r\n\r\n`), 1_100)
    })
    assert.equal(slow, String(ASKED))
    assert.equal(gotThrough(), before)
  })

  it('is the same over HTTP/2, whatever is said there', async () => {
    const session = connectHttp2(`http://127.0.0.1:${lane.front.port}`)
    session.on('error', () => undefined)
    const over = (headers: Readonly<Record<string, string>>) =>
      new Promise<number>((resolve) => {
        const stream = session.request({ ':path': PATH, ...headers })
        stream.on('response', ({ ':status': status = 0 }) => {
          resolve(status)
        })
        stream
          .on('error', () => undefined)
          .on('close', () => {
            resolve(0)
          })
        stream.resume().end()
      })
    const authorization = `Bearer ${token}`
    const before = gotThrough()
    assert.equal(await over({ authorization }), 200)
    assert.equal(await over({ authorization, ':authority': 'evil.example' }), 200)
    assert.equal(gotThrough(), before + 2)
    const asked: readonly Readonly<Record<string, string>>[] = [
      { authorization, ':method': 'DELETE' },
      { authorization, ':path': digestPath('team-b/app') },
      { authorization, ':path': `${PATH}?x` },
      { authorization: `${authorization},${authorization}` },
      {},
      // Envoy ends the session.
      { authorization, ':path': PATH.slice(1) },
    ]
    for (const headers of asked) assert.notEqual(await over(headers), 200, JSON.stringify(headers))
    assert.equal(gotThrough(), before + 2)
    session.destroy()
  })

  it('is in the audit as rauth would have recorded it, and what it asked about is not', async () => {
    const before = gotThrough()
    const headers: HeaderLine[] = [['X-Request-Id', 'of-a-client']]
    await send(PATH, headers)
    await send(digestPath(OWN, 'manifests'), headers, { method: 'HEAD' })
    await send(digestPath('team-b/app'), headers)
    assert.equal(gotThrough(), before + 2)
    const recorded = async () => auditLines(await lane.front.log())
    // Before the tests began there was one request that passed at least.
    await until('the lines are there', 20_000, async () => (await recorded()).length > gotThrough())
    const lines = await recorded()
    assert.equal(new Set(lines.map(({ id }) => id)).size, lines.length)
    const shared = {
      ...{ level: 'info', msg: 'decision', half: 'gateway', outcome: 'allowed', status: 200 },
      ...{ detail: 'fast lane', requested: `repository:${OWN}:pull`, account: 'team-a' },
      ...{ namespaces: ['team-a'], address: '127.0.0.1', milliseconds: 0 },
      tokenId: (readUnverified(token)?.payload ?? assert.fail())['jti'],
    }
    const wanted = [
      { ...shared, route: 'blob_read', method: 'GET' },
      { ...shared, route: 'manifest_read', method: 'HEAD' },
    ]
    for (const [i, line] of lines.slice(-2).entries()) {
      const { id, time, requestId } = line
      assert.deepEqual(line, { ...wanted[i], id, time, requestId })
    }
  })

  it('let nothing pass that the gateway would not have let pass, as the same person', () => {
    assert.ok(gotThrough() > 10)
    assert.deepEqual(lane.wrong, [])
  })
})
