import { setTimeout as sleep } from 'node:timers/promises'
import { deflateSync, gzipSync } from 'node:zlib'
import { CHECK } from '../support/check-messages.ts'
import { bytesOf } from '../support/checking.ts'
import { callHeaders, indexed, indexedLiteral, type Field } from '../support/hpack.ts'
import {
  ACK,
  CONTINUATION,
  DATA,
  dataFrames,
  END_HEADERS,
  END_STREAM,
  frame,
  GREETING,
  HEADERS,
  message,
  PING,
  PREFACE,
  RST_STREAM,
  SETTINGS,
  WINDOW_UPDATE,
} from '../support/http2-frames.ts'
import type { Random } from '../support/random.ts'
import { BURSTS } from './bursts.ts'
import { hold, open, type Manner } from './connections.ts'
import { mutate } from './mutate.ts'
import { openCalls } from './open-calls.ts'

/** What is thrown at the port; done when it is over and its connections are closed. */
export type Attack = (port: number, random: Random, pid: number) => Promise<void>

/** How long a connection that is let live is left open, milliseconds. */
const WHILE = 250

/** Streams that the gateway takes on a connection at once. */
const STREAMS = 256

/** Its limit of a message. */
const LONGEST = 256 * 1024

const WATCH = '/grpc.health.v1.Health/Watch'

const ids = (count: number) => Array.from({ length: count }, (_, i) => 2 * i + 1)
const together = (...parts: readonly (Buffer | readonly Buffer[])[]) => Buffer.concat(parts.flat())
const repeated = (count: number, one: Buffer) => Array.from({ length: count }, () => one)

/** Until much of what is sent was read, and would be kept. */
const LONG = 3_000
const MANY = { connections: 12, lasts: LONG }

/** The same bytes over so many connections. */
function flood(count: number, bytes: Buffer, manner: Manner = {}, lasts = WHILE): Attack {
  return (port) =>
    hold(
      Array.from({ length: count }, () => open(port, bytes, manner)),
      lasts,
    )
}

/** A call up to its message. */
const begun = (id: number, more: readonly Field[] = [], path = CHECK.path) =>
  frame(HEADERS, END_HEADERS, id, callHeaders(path, more))

const QUESTION = message(bytesOf({ method: 'GET', path: '/v2/' }))

/** A whole conversation that nothing is wrong with. */
const POLITE = together(
  GREETING,
  frame(SETTINGS, ACK, 0),
  ids(8).flatMap((id) => [begun(id), dataFrames(id, QUESTION, true)]),
  frame(PING, 0, 0, Buffer.alloc(8)),
)

/** Three hundred bytes that would each become the longest message that is allowed. */
function bombs(encoding: 'gzip' | 'deflate', lasts: number): Attack {
  const squeeze = encoding === 'gzip' ? gzipSync : deflateSync
  const bomb = message(squeeze(Buffer.alloc(LONGEST)), true)
  const calls = ids(STREAMS).flatMap((id) => [
    begun(id, [['grpc-encoding', encoding]]),
    // Without an end, so that what was inflated would be kept.
    dataFrames(id, bomb, false),
  ])
  return flood(16, together(GREETING, calls), { pong: true }, lasts)
}

export const ATTACKS: Readonly<Record<string, Attack>> = {
  'conversations with broken bytes': async (port, random) => {
    const broken = () => open(port, mutate(POLITE, random))
    await hold(Array.from({ length: 40 }, broken), WHILE)
  },
  'frames of any kind': async (port, random) => {
    const some = () => {
      const frames = Array.from({ length: random.between(1, 200) }, () => {
        const payload = Buffer.from(
          Array.from({ length: random.below(40) }, () => random.below(256)),
        )
        return frame(random.below(12), random.below(256), random.below(9), payload)
      })
      return open(port, together(GREETING, frames))
    }
    await hold(Array.from({ length: 40 }, some), WHILE)
  },
  'headers that the table makes long': flood(
    20,
    together(
      GREETING,
      // One long field is put into the table, and then named again and again by a byte each.
      ids(50).map((id) =>
        frame(
          HEADERS,
          END_HEADERS | END_STREAM,
          id,
          together(
            id === 1 ? indexedLiteral(['x', 'x'.repeat(3_900)]) : [],
            repeated(12_000, indexed(62)),
          ),
        ),
      ),
    ),
  ),
  'heads of many values of one name': flood(
    4,
    together(
      GREETING,
      ids(96).map((id) =>
        frame(
          HEADERS,
          END_HEADERS,
          id,
          together(
            callHeaders(CHECK.path),
            id === 1
              ? indexedLiteral(['set-cookie', 'x'.repeat(3_900)])
              : repeated(15, indexed(62)),
          ),
        ),
      ),
    ),
    { pong: true },
    LONG,
  ),
  'headers that go on and on': flood(
    20,
    together(
      GREETING,
      frame(HEADERS, 0, 1, callHeaders(CHECK.path)),
      repeated(200, frame(CONTINUATION, 0, 1, callHeaders('/x', [['y', 'y'.repeat(8_000)]]))),
    ),
  ),
  'headers in frames without a byte': flood(
    20,
    together(
      GREETING,
      frame(HEADERS, 0, 1, callHeaders(CHECK.path)),
      repeated(20_000, frame(CONTINUATION, 0, 1)),
    ),
  ),
  'gzip bombs': bombs('gzip', LONG),
  'deflate bombs': bombs('deflate', WHILE),
  'an encoding that nobody knows': flood(
    10,
    together(
      GREETING,
      ids(STREAMS).flatMap((id) => [
        begun(id, [['grpc-encoding', 'br']]),
        dataFrames(id, message(Buffer.alloc(10), true), true),
      ]),
    ),
  ),
  'streams that are reset at once': flood(
    4,
    together(
      GREETING,
      ids(5_000).flatMap((id) => [begun(id), frame(RST_STREAM, 0, id, Buffer.alloc(4))]),
    ),
  ),
  'calls that are reset when they were asked': flood(
    4,
    together(
      GREETING,
      ids(5_000).flatMap((id) => [
        begun(id),
        dataFrames(id, QUESTION, true),
        frame(RST_STREAM, 0, id, Buffer.alloc(4)),
      ]),
    ),
  ),
  'more streams than are allowed': flood(
    4,
    together(
      GREETING,
      ids(5_000).map((id) => begun(id)),
    ),
  ),
  'settings, and no look at what comes back': flood(
    10,
    together(GREETING, repeated(20_000, frame(SETTINGS, 0, 0))),
    { deaf: true },
  ),
  'settings with many values': flood(
    10,
    together(GREETING, repeated(50, frame(SETTINGS, 0, 0, Buffer.alloc(2_000 * 6, 1)))),
  ),
  'pings, and no look at what comes back': flood(
    10,
    together(GREETING, repeated(20_000, frame(PING, 0, 0, Buffer.alloc(8)))),
    { deaf: true },
  ),
  'data without a byte': flood(
    10,
    together(GREETING, begun(1), repeated(20_000, frame(DATA, 0, 1))),
  ),
  'windows that are opened too far': flood(
    10,
    together(
      GREETING,
      begun(1),
      repeated(5_000, frame(WINDOW_UPDATE, 0, 1, Buffer.from([0, 0, 0, 1]))),
      frame(WINDOW_UPDATE, 0, 0, Buffer.from([0x7f, 255, 255, 255])),
    ),
  ),
  'a byte at a time': async (port, random) => {
    const sockets = Array.from({ length: 50 }, () => open(port, undefined, { pong: true }))
    const from = random.below(POLITE.length / 2)
    for (const socket of sockets) socket.write(POLITE.subarray(0, from))
    for (let at = from; at < from + 40; at += 1) {
      for (const socket of sockets) {
        if (socket.writable) socket.write(POLITE.subarray(at, at + 1))
      }
      await sleep(WHILE / 40)
    }
    await hold(sockets, 0)
  },
  'connections without a word': (port) =>
    hold(
      Array.from({ length: 300 }, () => open(port)),
      WHILE,
    ),
  'connections with half a preface': flood(100, PREFACE.subarray(0, 10)),
  'connections that are half closed': async (port) => {
    const sockets = Array.from({ length: 100 }, () => open(port, POLITE))
    for (const socket of sockets) socket.end()
    await hold(sockets, WHILE)
  },
  'connections that break off': async (port, random) => {
    const sockets = Array.from({ length: 100 }, () =>
      open(port, POLITE.subarray(0, random.below(POLITE.length)), { deaf: true }),
    )
    await sleep(50)
    for (const socket of sockets) socket.resetAndDestroy()
  },
  'messages that never come to their end': (port) => openCalls(port, 'unfinished', MANY),
  'answered calls that are never ended': (port) => openCalls(port, 'answered', MANY),
  'answers that nobody lets come': (port) => openCalls(port, 'unread', MANY),
  'messages that follow the one': flood(
    10,
    together(GREETING, begun(1), dataFrames(1, together(repeated(10_000, QUESTION)), true)),
  ),
  'answers that nobody takes': flood(
    40,
    together(
      PREFACE,
      // SETTINGS_INITIAL_WINDOW_SIZE 0
      frame(SETTINGS, 0, 0, Buffer.from([0, 4, 0, 0, 0, 0])),
      ids(STREAMS).flatMap((id) => [begun(id), dataFrames(id, QUESTION, true)]),
    ),
    { pong: true },
  ),
  'watches of health': flood(
    40,
    together(
      GREETING,
      ids(STREAMS).flatMap((id) => [
        begun(id, [], WATCH),
        dataFrames(id, message(Buffer.alloc(0)), true),
      ]),
    ),
    { pong: true },
  ),
  ...BURSTS,
}
