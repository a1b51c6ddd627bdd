import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { connect, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, it, mock } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createExchangeServer } from '../../../src/adapters/http-exchange.ts'
import { listenHttp, type Listener } from '../../../src/adapters/listen.ts'
import { createViewers, type Viewers } from '../../../src/adapters/live-view/viewers.ts'
import { until } from '../../support/until.ts'

const NOTHING = { usual: 0, denied: 0 }
const ALL = { key: '', wants: () => true }
/** Milliseconds of a tick, and of the question whether a viewer still may look. */
const [TICK, ENTRY] = [250, 10_000]

describe('a viewer that does not read', () => {
  let viewers: Viewers
  let listener: Listener
  let client: Socket
  let response: ServerResponse
  let mayStay: boolean
  const failures: unknown[] = []

  function add(): boolean {
    return viewers.add({
      ...{ response, headers: {}, filter: ALL, lastEventId: undefined },
      mayStay: () => Promise.resolve(mayStay),
    })
  }

  /** What the kernel no longer takes: the connection is full, and some of the answer waits in the process. */
  async function fill(): Promise<void> {
    let taken = true
    while (taken) {
      taken = await Promise.race([
        new Promise<boolean>((resolve) => {
          response.write('x'.repeat(48_000), () => {
            resolve(true)
          })
        }),
        sleep(200, false),
      ])
    }
    assert.ok(response.writableLength > 0)
    assert.ok(response.writableLength <= 64 * 1024)
  }

  beforeEach(async () => {
    mock.timers.enable({ apis: ['setInterval'] })
    mayStay = true
    viewers = createViewers({
      ...{ process: 'p', most: 2, now: () => ({}) },
      ring: {
        begin: () => NOTHING,
        after: (cursor) => ({ decisions: [], more: NOTHING, lost: NOTHING, cursor }),
      },
    })
    let arrived: (answer: ServerResponse) => void = () => undefined
    const begun = new Promise<ServerResponse>((resolve) => (arrived = resolve))
    const server = createExchangeServer(
      {},
      {
        serve: (_, answer) => {
          arrived(answer)
        },
        connect: () => assert.fail(),
        refuse: () => assert.fail(),
        onFailure: (thrown) => failures.push(thrown),
      },
    )
    listener = await listenHttp(server, { host: '127.0.0.1', port: 0 })
    client = connect(listener.port, '127.0.0.1').pause()
    client.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    response = await begun
  })
  afterEach(async () => {
    client.destroy()
    await listener.close(0)
    mock.timers.reset()
    assert.deepEqual(failures.splice(0), [])
  })

  it('is written to no more once its login is over, and is cut', async () => {
    assert.ok(add())
    await fill()
    mayStay = false
    const closed = once(response, 'close')
    mock.timers.tick(ENTRY)
    await until('it is put out', 20_000, () => response.writableEnded)
    mock.timers.tick(4 * TICK)
    assert.equal(viewers.count(), 0)
    await closed
  })

  it('is written to no more when all is closed, and is cut', async () => {
    assert.ok(add())
    await fill()
    const closed = once(response, 'close')
    viewers.close()
    mock.timers.tick(4 * TICK)
    assert.equal(viewers.count(), 0)
    await closed
  })

  it('has no place where it left before it got one', async () => {
    client.destroy()
    await once(response, 'close')
    assert.deepEqual([add(), viewers.count()], [true, 0])
  })
})
