import type { ServerResponse } from 'node:http'
import { LINGER } from '../http-exchange.ts'
import { lineOf } from './decision-line.ts'
import type { BatchBounds, Cursor, DecisionRing } from './decision-ring.ts'
import type { DecisionFilter } from './filter.ts'

/** How often viewers are sent what there is, milliseconds. */
const TICK = 250

/** Ticks from one look at the whole to the next, and from one question whether a viewer still may to the next. */
const [TICKS_OF_NOW, TICKS_OF_ENTRY] = [4, 40]

/** Decisions of a tick that are told one by one; of the others the rest is in the rates. */
const EACH_TICK = { usual: 25, denied: 60 }

/** What a viewer is told first, of what was before it came. */
const AT_FIRST = { usual: 100, denied: 200 }

/** Bytes that may wait for a viewer; past that it misses decisions until it has read them. */
const MAX_WAITING = 64 * 1024

export interface Viewer {
  readonly response: ServerResponse
  /** Of the answer. */
  readonly headers: Readonly<Record<string, string>>
  readonly filter: DecisionFilter
  /** `Last-Event-ID`: what it was told last, perhaps of another process. */
  readonly lastEventId: string | undefined
  /** Whether it still may look. */
  readonly mayStay: () => Promise<boolean>
}

export interface Viewers {
  /** Begins the answer to one. False: there are as many as there may be, and nothing is written. */
  add(viewer: Viewer): boolean
  readonly count: () => number
  close(): void
}

export interface ViewersOptions {
  readonly ring: Pick<DecisionRing, 'begin' | 'after'>
  /** Tells this process apart from any other. */
  readonly process: string
  /** All that is told once a second. */
  readonly now: () => object
  /** Most of them at a time. */
  readonly most: number
}

interface Watching extends Viewer {
  cursor: Cursor
}

/**
 * Those who watch, by server-sent events (HTML Living Standard §9.2): `decisions` with what was decided since
 * the last, its id to go on from, and `now` each second. Nobody is waited for: who reads slowly is told how many
 * it missed, and each costs a bounded number of bytes and of decisions looked at. While nobody watches,
 * nothing runs.
 */
export function createViewers(options: ViewersOptions): Viewers {
  const { ring, now, most } = options
  const watching = new Set<Watching>()
  let timer: NodeJS.Timeout | undefined
  let ticks = 0

  function tick(): void {
    ticks += 1
    const ready = [...watching].filter(({ response }) => response.writableLength <= MAX_WAITING)
    const messages = new Map<string, ReturnType<typeof messageOf>>()
    for (const viewer of ready) {
      const { usual, denied } = viewer.cursor
      // Most have read as far as the others, and want the same.
      const key = `${usual} ${denied} ${viewer.filter.key}`
      const known = messages.get(key)
      const made = known ?? messageOf(viewer, EACH_TICK)
      if (known === undefined) messages.set(key, made)
      viewer.cursor = made.cursor
      if (made.text !== undefined) viewer.response.write(made.text)
    }
    if (ticks % TICKS_OF_NOW === 0) {
      const text = `event: now\ndata: ${JSON.stringify(now())}\n\n`
      for (const { response } of ready) response.write(text)
    }
    if (ticks % TICKS_OF_ENTRY === 0) for (const viewer of watching) void askAgain(viewer)
  }

  /** `counted`: whether it is told of those that it is not told one by one; of what was before it came it is not. */
  function messageOf({ cursor: from, filter }: Watching, bounds: BatchBounds, counted = true) {
    const { decisions, lost, cursor, ...rest } = ring.after(from, bounds, filter.wants)
    const more = counted ? rest.more : { usual: 0, denied: 0 }
    const left = [more.usual, more.denied, lost.usual, lost.denied]
    if (decisions.length === 0 && left.every((count) => count === 0)) {
      return { cursor, text: undefined }
    }
    const data = JSON.stringify({ lines: decisions.map(lineOf), more, lost })
    const id = `${options.process} ${cursor.usual} ${cursor.denied}`
    return { cursor, text: `event: decisions\nid: ${id}\ndata: ${data}\n\n` }
  }

  async function askAgain(viewer: Watching): Promise<void> {
    const stays = await viewer.mayStay().catch(() => false)
    if (!stays && watching.has(viewer)) dismiss(viewer)
  }

  /** Nothing is written to it from here on; what it has not read a moment later it never will. */
  function dismiss(viewer: Watching): void {
    leave(viewer)
    const { response } = viewer
    response.end()
    const cut = setTimeout(() => response.destroy(), LINGER)
    response.once('close', () => {
      clearTimeout(cut)
    })
  }

  function leave(viewer: Watching): void {
    watching.delete(viewer)
    if (watching.size > 0) return
    clearInterval(timer)
    timer = undefined
  }

  return {
    add(viewer) {
      if (watching.size >= most) return false
      const { response, headers, lastEventId } = viewer
      // It left while it was asked who it is, and nothing will say so again.
      if (response.destroyed) return true
      const last = cursorOf(lastEventId, options.process)
      const one: Watching = { ...viewer, cursor: last ?? ring.begin() }
      const first = messageOf(one, AT_FIRST, last !== undefined)
      one.cursor = first.cursor
      watching.add(one)
      response.once('close', () => {
        leave(one)
      })
      response.writeHead(200, headers).write('retry: 2000\n\n')
      if (first.text !== undefined) response.write(first.text)
      response.write(`event: now\ndata: ${JSON.stringify(now())}\n\n`)
      timer ??= setInterval(tick, TICK)
      return true
    },
    count: () => watching.size,
    close() {
      for (const viewer of watching) dismiss(viewer)
    },
  }
}

/** Where it stood when its connection broke; of another process nothing is known. */
function cursorOf(id: string | undefined, process: string): Cursor | undefined {
  const [, whose, usual, denied] = /^(\S+) (\d{1,15}) (\d{1,15})$/.exec(id ?? '') ?? []
  if (whose !== process) return undefined
  return { usual: Number(usual), denied: Number(denied) }
}
