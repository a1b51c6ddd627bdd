import { waitAfter } from '../backoff.ts'
import { createLanes } from './lanes.ts'
import { createWritePace, type PaceOptions } from './write-pace.ts'

/** Times by a clock that goes forwards, milliseconds. */
export interface Timers {
  now(): number
  /** Calls once, after a time below 2³¹; gives what keeps that from happening. */
  after(wait: number, call: () => void): () => void
}

export interface Worked {
  /** When to look again though nobody adds it, in milliseconds; undefined: not before. */
  readonly next?: number | undefined
  /** Something was written: where that goes on and on, others write too, and it waits. */
  readonly wrote?: boolean
}

export interface WorkQueueOptions {
  /**
   * Brings what has that name to where it should be, from what it finds then. Rejects: it is tried again, later
   * each time.
   */
  readonly work: (key: string, signal: AbortSignal) => Promise<Worked | undefined>
  /** Keys at a time. */
  readonly atOnce: number
  /** Keys in all: of further ones none is taken. */
  readonly most: number
  /** Waits after failures, milliseconds: the first and the longest. */
  readonly backoff: readonly [first: number, most: number]
  /** What an error asks to wait at least, milliseconds. */
  readonly leastWait?: (error: unknown) => number
  /** Of what wrote something, for each key; without: at any pace. */
  readonly pace?: PaceOptions
  /** Told of each failure. Must not throw. */
  readonly onFailure: (failure: WorkFailure) => void
  readonly timers: Timers
  /** 0 to 1. */
  readonly random: () => number
}

export interface WorkFailure {
  readonly key: string
  readonly error: unknown
  /** In a row. */
  readonly failures: number
  /** Until the next try, milliseconds. */
  readonly wait: number
}

/** Keys by what becomes of them; each is counted once. */
export interface WorkCounts {
  readonly waiting: number
  readonly working: number
  /** To come at a time of theirs, failed ones among them. */
  readonly later: number
  /** Whose last try failed, wherever else they are counted. */
  readonly failing: number
}

/**
 * Names of things to be looked at. It holds no events: whoever works finds out what there is, so a name that is
 * added many times before its turn comes is looked at once, and one that is added meanwhile once again.
 * No key is worked on twice at a time.
 */
export interface WorkQueue {
  /**
   * As soon as may be, but that one whose last try failed waits for a moment, and for as long as its error asked,
   * and one that was written often for its turn; `first`: before those that were added without. False: there are
   * too many.
   */
  add(key: string, first?: boolean): boolean
  /** After so many milliseconds, or earlier if it was to come earlier. False: there are too many. */
  addAfter(key: string, wait: number): boolean
  /** It is not there any more: what was to come is forgotten, a try that goes on goes on. */
  remove(key: string): void
  counts(): WorkCounts
  /** Fulfilled as soon as no key waits, is worked on or is to come. */
  idle(): Promise<void>
  /** Begins nothing any more and aborts what goes on; fulfilled when that is at its end. */
  close(): Promise<void>
}

/** The longest that a timer waits. */
const MAX_WAIT = 2 ** 31 - 1

interface Later {
  readonly at: number
  readonly cancel: () => void
}

export function createWorkQueue(options: WorkQueueOptions): WorkQueue {
  const { work, atOnce, most, timers, random, leastWait = () => 0 } = options
  const [first, longest] = options.backoff
  const stop = new AbortController()
  const waiting = createLanes()
  const later = new Map<string, Later>()
  const working = new Map<string, Promise<void>>()
  /** Added while they were worked on, and whether they go first. */
  const again = new Map<string, boolean>()
  const failures = new Map<string, number>()
  const idlers: (() => void)[] = []
  const pace = options.pace && createWritePace(options.pace)
  /** Not before that, whoever adds it. */
  const notBefore = new Map<string, number>()

  const isKnown = (key: string) => waiting.has(key) || later.has(key) || working.has(key)
  const isFull = (key: string) =>
    !isKnown(key) && waiting.size() + later.size + working.size >= most

  function tellIdle(): void {
    if (waiting.size() + later.size + working.size > 0) return
    for (const tell of idlers.splice(0)) tell()
  }

  function add(key: string, isFirst: boolean): boolean {
    if (stop.signal.aborted || isFull(key)) return false
    if (working.has(key)) again.set(key, isFirst || again.get(key) === true)
    // Each try may bring about that it is added: whatever it is that fails must not be tried all the time.
    else if (failures.has(key)) return addAfter(key, first)
    else if (isHeld(key)) return addAfter(key, 0)
    else enqueue(key, isFirst)
    return true
  }

  function isHeld(key: string): boolean {
    if ((notBefore.get(key) ?? -Infinity) > timers.now()) return true
    notBefore.delete(key)
    return false
  }

  /** Whoever works on it finds out when it is to come next. */
  function enqueue(key: string, isFirst: boolean): void {
    cancelLater(key)
    waiting.add(key, isFirst)
    begin()
  }

  function addAfter(key: string, wait: number): boolean {
    if (stop.signal.aborted || isFull(key)) return false
    const at = Math.max(timers.now() + Math.max(0, wait), notBefore.get(key) ?? -Infinity)
    if (waiting.has(key) || (later.get(key)?.at ?? Infinity) <= at) return true
    schedule(key, at)
    return true
  }

  function schedule(key: string, at: number): void {
    cancelLater(key)
    const wait = Math.min(MAX_WAIT, Math.max(0, at - timers.now()))
    const cancel = timers.after(wait, () => {
      if (timers.now() < at) {
        schedule(key, at)
        return
      }
      later.delete(key)
      if (working.has(key)) again.set(key, again.get(key) ?? false)
      else enqueue(key, false)
    })
    later.set(key, { at, cancel })
  }

  function cancelLater(key: string): void {
    later.get(key)?.cancel()
    later.delete(key)
  }

  function begin(): void {
    while (working.size < atOnce && !stop.signal.aborted) {
      const key = waiting.take()
      if (key === undefined) return
      working.set(key, turn(key))
    }
  }

  async function turn(key: string): Promise<void> {
    // Not before it is known to be worked on.
    await Promise.resolve()
    try {
      const { next, wrote } = (await work(key, stop.signal)) ?? {}
      failures.delete(key)
      if (wrote === true && pace) notBefore.set(key, pace.wrote(key, timers.now()))
      const isFirst = end(key)
      if (next !== undefined) addAfter(key, next)
      if (isFirst !== undefined) add(key, isFirst)
    } catch (error) {
      const wasAdded = end(key) !== undefined
      if (!stop.signal.aborted) retry(key, error, wasAdded)
    }
    begin()
    tellIdle()
  }

  /** Whether it was added meanwhile, and whether it goes first. */
  function end(key: string): boolean | undefined {
    const isFirst = again.get(key)
    again.delete(key)
    working.delete(key)
    return isFirst
  }

  /** Later each time; not so late if something changed meanwhile. */
  function retry(key: string, error: unknown, wasAdded: boolean): void {
    const count = (failures.get(key) ?? 0) + 1
    failures.set(key, count)
    const times = { first, most: wasAdded ? first : longest }
    const least = leastWait(error)
    if (least > 0) notBefore.set(key, timers.now() + least)
    const wait = waitAfter(count, times, random(), least)
    options.onFailure({ key, error, failures: count, wait })
    addAfter(key, wait)
  }

  return {
    add: (key, isFirst = false) => add(key, isFirst),
    addAfter,
    remove(key) {
      cancelLater(key)
      waiting.remove(key)
      again.delete(key)
      failures.delete(key)
      notBefore.delete(key)
      pace?.remove(key)
      tellIdle()
    },
    idle: () =>
      new Promise((resolve) => {
        idlers.push(resolve)
        tellIdle()
      }),
    counts: () => ({
      waiting: waiting.size(),
      working: working.size,
      later: later.size,
      failing: failures.size,
    }),
    async close() {
      stop.abort()
      for (const key of [...later.keys()]) cancelLater(key)
      waiting.clear()
      await Promise.allSettled(working.values())
      tellIdle()
    },
  }
}
