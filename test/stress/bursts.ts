import { setTimeout as sleep } from 'node:timers/promises'
import { CHECK } from '../support/check-messages.ts'
import { bytesOf } from '../support/checking.ts'
import { callHeaders, indexed, indexedLiteral, literals } from '../support/hpack.ts'
import {
  CONTINUATION,
  DATA,
  dataFrames,
  END_HEADERS,
  frame,
  GREETING,
  HEADERS,
  message,
} from '../support/http2-frames.ts'
import type { Attack } from './attacks.ts'
import { hold, open, type Manner } from './connections.ts'

/** As many calls as are allowed on a connection. */
const CALLS = Array.from({ length: 256 }, (_, i) => 2 * i + 1)

const CONNECTIONS = 400

/** How long it takes to read all of it, milliseconds. */
const LASTS = 2_000

/** Until the server has the connections and waits, milliseconds. */
const REST = 500

/**
 * Over many connections at once: what all of them send is there when the server looks, and is read before
 * any of its timers has its turn. `first` is sent before, and answered meanwhile.
 */
function burst(bytes: Buffer, first: Buffer = Buffer.alloc(0)): Attack {
  return async (port) => {
    const before = Buffer.concat([GREETING, first])
    const sockets = Array.from({ length: CONNECTIONS }, () => open(port, before, MANNER))
    await sleep(REST)
    for (const socket of sockets) if (socket.writable) socket.write(bytes)
    await hold(sockets, LASTS)
  }
}

const MANNER: Manner = { pong: true, from: '127.0.0.2' }

const HEAD = callHeaders(CHECK.path)

/** Heads of calls that are not ended, from this number of a stream on. */
const heads = (from = 0) =>
  Buffer.concat(CALLS.map((id) => frame(HEADERS, END_HEADERS, from + id, HEAD)))

/** A check that nothing is wrong with. */
const check = (id: number) =>
  Buffer.concat([
    frame(HEADERS, END_HEADERS, id, HEAD),
    dataFrames(id, message(bytesOf({ method: 'GET', path: '/v2/' })), true),
  ])

/** The prefix of the longest message, and a byte of it. */
const ANNOUNCED = Buffer.from([0, 0, 4, 0, 0, 0])

/** A head of as many frames as are taken, which is not whole after them. */
const ENDLESS = Buffer.concat(
  Array.from({ length: 8 }, (_, i) =>
    frame(
      ...([i === 0 ? HEADERS : CONTINUATION, 0, 1] as const),
      literals([[`x-${i}`, 'x'.repeat(16_000)]]),
    ),
  ),
)

const LONG = indexedLiteral(['x', 'x'.repeat(3_900)])

export const BURSTS: Readonly<Record<string, Attack>> = {
  'heads, over many connections at once': burst(heads()),
  'heads, over many connections that asked before': burst(heads(2), check(1)),
  'checks, over many connections that asked before': burst(
    Buffer.concat(CALLS.map((id) => check(2 + id))),
    check(1),
  ),
  'announced messages, over many connections at once': burst(
    Buffer.concat(
      CALLS.flatMap((id) => [frame(HEADERS, END_HEADERS, id, HEAD), frame(DATA, 0, id, ANNOUNCED)]),
    ),
  ),
  'heads that the table makes long, over many connections at once': burst(
    Buffer.concat(
      CALLS.map((id) =>
        frame(
          ...([HEADERS, END_HEADERS, id] as const),
          Buffer.concat([
            HEAD,
            ...(id === 1 ? [LONG] : Array.from({ length: 15 }, () => indexed(62))),
          ]),
        ),
      ),
    ),
  ),
  'heads that are never whole, over many connections': burst(ENDLESS),
}
