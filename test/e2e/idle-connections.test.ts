import assert from 'node:assert/strict'
import { connect, type Socket } from 'node:net'
import { after, afterEach, before, describe, it } from 'node:test'
import { Readable } from 'node:stream'
import type { Document } from 'yaml'
import { placeOf } from '../../tools/envoy/places.ts'
import { GREETING } from '../support/http2-frames.ts'
import { ask, fetchToken } from '../support/http.ts'
import { startStack, type Stack } from '../support/stack.ts'
import { until } from '../support/until.ts'
import { OCTETS, placeOf as placeOfUpload } from '../support/upload.ts'
import { head } from '../support/wire.ts'

/** As many connections as Envoy has here. */
const MOST = 200

function shrink(document: Document): void {
  const monitors = ['overload_manager', 'resource_monitors']
  const name = 'envoy.resource_monitors.global_downstream_max_connections'
  const place = placeOf(document, monitors, name)
  document.setIn([...place, 'typed_config', 'max_active_downstream_connections'], MOST)
}

/** Who holds a connection and has nothing under way, by what they send. */
const HOLDERS: readonly (readonly [name: string, sent: string | Buffer, tls?: boolean])[] = [
  ['say nothing', ''],
  ['have had an answer', head('GET /v2/ HTTP/1.1')],
  ['greet in HTTP/2', GREETING],
  ['begin no TLS', '', true],
]

describe('all connections of Envoy, held by clients that ask nothing', () => {
  let stack: Stack
  let authorization: string
  const held = new Set<Socket>()
  before(async () => {
    stack = await startStack({
      ...{ registry: '3', registryAuth: false, envoy: true, tls: true },
      editEnvoy: shrink,
    })
    const scope = 'repository:team-a/app:pull,push'
    authorization = `Bearer ${await fetchToken(stack.token, stack.login('team-a'), stack.service, scope)}`
  })
  afterEach(() => {
    for (const socket of held) socket.destroy()
  })
  after(() => stack.stop())

  const isAnswered = () =>
    ask(stack.entry, '/v2/', { headers: { authorization } }).then(
      ({ status }) => status === 200,
      () => false,
    )

  /** Resolves once there is no connection for anybody else. */
  async function hold(sent: string | Buffer, tls = false): Promise<void> {
    const port = tls ? (stack.entryTls ?? assert.fail('no port for TLS')) : stack.entry
    for (let count = 0; count < MOST + 20; count += 1) {
      const socket = connect(port, '127.0.0.1', () => socket.write(sent))
      held.add(socket)
      socket
        .resume()
        .on('error', () => undefined)
        .on('close', () => held.delete(socket))
    }
    await until('some find no room', 20_000, () => held.size <= MOST)
  }

  for (const [name, sent, tls] of HOLDERS) {
    it(`that ${name}: somebody else comes in within seconds`, async () => {
      await until('there is room', 60_000, isAnswered)
      await hold(sent, tls)
      await until('an answer', 60_000, isAnswered)
    })
  }

  it('are not cut while something is under way', async () => {
    await until('there is room', 60_000, isAnswered)
    const headers = { authorization, ...OCTETS }
    const uploads = '/v2/team-a/app/blobs/uploads/'
    const begun = await ask(stack.entry, uploads, { method: 'POST', headers })
    const layer = new Readable({ read: () => undefined })
    layer.push('the first half')
    const going = ask(stack.entry, placeOfUpload(begun.headers['location']), {
      ...{ method: 'PATCH', headers, body: layer },
      // As long as the waits below together.
      patience: 80_000,
    })
    await hold('')
    await until('an answer', 60_000, isAnswered)
    layer.push('the other half')
    layer.push(null)
    assert.equal((await going).status, 202)
  })
})
