import assert from 'node:assert/strict'
import { once } from 'node:events'
import { constants, type ClientHttp2Session } from 'node:http2'
import { afterEach, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { openGrpcPort } from '../../../src/adapters/ext-authz/grpc/port.ts'
import type { Method } from '../../../src/adapters/ext-authz/grpc/method.ts'
import type { SessionLife } from '../../../src/adapters/ext-authz/grpc/session.ts'
import { answerOf, beginCall, grpcCall, grpcSession } from '../../support/grpc-calls.ts'
import { GREETING, message } from '../../support/http2-frames.ts'
import { open as openConnection } from '../../stress/connections.ts'

/** Longer than a busy machine needs for anything here, ms: what takes this long never comes. */
const PATIENCE = 20_000

const ECHO = '/test.Service/Echo'
const WATCH = '/test.Service/Watch'
const METHODS = new Map<string, Method>([
  [
    ECHO,
    {
      kind: 'unary',
      async answer(bytes) {
        await sleep(20)
        return bytes
      },
    },
  ],
  [
    WATCH,
    {
      kind: 'watch',
      begin(bytes, watcher) {
        watcher.send(bytes)
        return () => undefined
      },
    },
  ],
])
/** What nobody waits for in a test. */
const LONG: SessionLife = { age: 60_000, grace: 60_000, ping: 60_000 }

async function asked(over: ClientHttp2Session) {
  const stream = beginCall(over, ECHO)
  stream.end(message(Buffer.from('hello')))
  return { ...(await answerOf(stream)), stream }
}

describe('the life of a session', { timeout: 2 * PATIENCE }, () => {
  const closers: (() => Promise<void> | void)[] = []
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close()
  })

  async function open(life: Partial<SessionLife>): Promise<number> {
    const options = { methods: METHODS, onFailure: assert.ifError, life: { ...LONG, ...life } }
    const listener = await openGrpcPort(options, { host: '127.0.0.1', port: 0 })
    closers.push(() => listener.close(0))
    return listener.port
  }

  function session(port: number): ClientHttp2Session {
    const made = grpcSession(port)
    closers.push(() => {
      made.destroy()
    })
    return made
  }

  it('ends by its age, tells its client, and loses no call', async () => {
    const port = await open({ age: 200 })
    let over = session(port)
    let [ended, answered] = [0, 0]
    // As a client of gRPC does: what was not taken is asked again elsewhere.
    const ask = async (): Promise<void> => {
      const { trailers, stream } = await asked(over)
      if (trailers['grpc-status'] === '0') answered += 1
      else {
        assert.equal(stream.rstCode, constants.NGHTTP2_REFUSED_STREAM)
        await ask()
      }
    }
    const follow = () => {
      over.on('goaway', (code: number) => {
        assert.equal(code, 0)
        ended += 1
        over = session(port)
        follow()
      })
    }
    follow()
    const end = performance.now() + PATIENCE
    // On a machine that is late sessions may end within one round.
    while ((ended < 3 || answered <= 20) && performance.now() < end) {
      await Promise.all(Array.from({ length: 8 }, ask))
    }
    assert.ok(ended >= 3, `${ended} sessions ended`)
    assert.ok(answered > 20, `${answered} answers`)
  })

  it('is cut when a watch outlasts its grace', async () => {
    const port = await open({ age: 100, grace: 200 })
    for (let attempt = 0; ; attempt += 1) {
      const begin = performance.now()
      const stream = beginCall(session(port), WATCH)
      stream.end(message(Buffer.from('x')))
      const { body } = await answerOf(stream)
      const lasted = performance.now() - begin
      // The machine was so late that the session was too old before its first call came.
      if (body.length === 0 && attempt < 20) continue
      assert.ok(lasted >= 90 + 200 && lasted < PATIENCE, `${lasted} ms`)
      break
    }
  })

  it('is cut when its client does not answer pings, and not before', async () => {
    const port = await open({ ping: 250 })
    // Asked as often as the one behind it before that is cut.
    const over = session(port)
    const silent = openConnection(port, GREETING)
    closers.push(() => void silent.destroy())
    const begin = performance.now()
    await once(silent, 'end', { signal: AbortSignal.timeout(PATIENCE) })
    assert.ok(performance.now() - begin >= 490)
    assert.equal((await grpcCall(over, ECHO)).trailers['grpc-status'], '0')
  })
})
