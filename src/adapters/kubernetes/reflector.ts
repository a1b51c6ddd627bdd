import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf } from '../../errors.ts'
import { ApiRefusal, type Api } from './api.ts'
import { createBackoff } from './backoff.ts'
import type { Collection } from './collection.ts'
import { isOlder } from './resource-version.ts'
import { listSecrets, type Reader } from './secret-list.ts'
import { watchSecrets, type WatchEnd } from './secret-watch.ts'
import type { Timings } from './timings.ts'

/** Keeps what a reflector learns. */
export interface Target<State> extends Reader<State> {
  /** All there is, as of a version. `whole`: also in place of what seems to be newer. */
  replace(states: readonly State[], version: string, whole: boolean): void
  apply(state: State, gone: boolean): void
}

export interface ReflectorOptions<State> {
  readonly api: Api
  readonly collection: Collection
  readonly target: Target<State>
  readonly timings: Timings
  /** 0 to 1. */
  readonly random: () => number
  /** Milliseconds, going forwards. */
  readonly timer: () => number
  /** Told why a watch ended. */
  readonly onWatchEnd: (kind: WatchEnd['kind']) => void
  /** Told of each full list. */
  readonly onList: () => void
  /** Told of each failure, and each time that one is over. */
  readonly onTrouble: (problem: string | undefined) => void
}

/** Keeps a copy of a collection in step with the API server, through whatever happens to it. */
export interface Reflector {
  /** Whether there was a full list. */
  synced(): boolean
  /** When the copy was last known to be up to date, by the timer. */
  inStepAt(): number
  /** What is wrong at the moment. */
  problem(): string | undefined
  /** Whether the API server's last word was that it may not be read. */
  forbidden(): boolean
  close(): void
}

interface Failure {
  readonly problem: string
  readonly status?: number
  readonly retryAfter?: number
}

/** After these the copy may lack something that no next watch tells. */
const NEEDS_LIST: readonly WatchEnd['kind'][] = ['expired', 'silent', 'garbled']

/** A watch that ends sooner is no better than one that failed, milliseconds. */
const TOO_SHORT = 1_000

/** A list, then a watch from there on, again and again, with a full list now and then beside it. */
export function startReflector<State>(options: ReflectorOptions<State>): Reflector {
  const { api, collection, target, timings, random, timer } = options
  const { patience, silence } = timings
  const stop = new AbortController()
  const [first, most] = timings.backoff
  const backoff = createBackoff({ ...{ first, most, random, timer }, calm: 6 * most })
  const stopped = () => stop.signal.aborted
  let version: string | undefined
  let synced = false
  let listedAt = -Infinity
  let inStepAt = timer()
  let failure: Failure | undefined

  function failed(next: Failure): void {
    failure = next
    options.onTrouble(next.problem)
  }

  function inStep(at: number): void {
    inStepAt = Math.max(inStepAt, at)
    if (failure === undefined) return
    failure = undefined
    options.onTrouble(undefined)
  }

  /** Beside a watch, what that brings meanwhile is newer. Returns whether the watch can go on. */
  async function list(signal: AbortSignal, besideWatch: boolean): Promise<boolean> {
    const begin = timer()
    const known = version
    const listed = await listSecrets({ api, collection, patience, signal }, target)
    signal.throwIfAborted()
    const wentBack = known !== undefined && isOlder(listed.resourceVersion, known)
    target.replace(listed.items, listed.resourceVersion, wentBack || !besideWatch)
    listedAt = timer()
    synced = true
    options.onList()
    if (wentBack || !besideWatch) version = listed.resourceVersion
    inStep(begin)
    return !wentBack
  }

  /** Lists beside a watch when it is time; ends the watch if it can't go on. */
  function startRechecks(turn: AbortController, signal: AbortSignal): () => void {
    let next: NodeJS.Timeout | undefined
    const schedule = (wait: number) => {
      if (signal.aborted) return
      next = setTimeout(() => {
        list(signal, true).then(
          (goesOn) => {
            if (goesOn) schedule(timings.recheck)
            else turn.abort()
          },
          (error: unknown) => {
            if (signal.aborted) return
            failed(failureOf(error))
            schedule(backoff.next(failureOf(error).retryAfter))
          },
        )
      }, wait)
    }
    schedule(Math.max(0, listedAt + timings.recheck - timer()))
    return () => {
      clearTimeout(next)
    }
  }

  async function watch(from: string): Promise<Failure | undefined> {
    const turn = new AbortController()
    const signal = AbortSignal.any([stop.signal, turn.signal])
    const [shortest, longest] = timings.watch
    const begin = timer()
    const endRechecks = startRechecks(turn, signal)
    const end = await watchSecrets({
      ...{ api, collection, resourceVersion: from, patience, silence, signal },
      timeout: Math.ceil((shortest + random() * (longest - shortest)) / 1000),
      onOpen() {
        inStep(timer())
      },
      onEvent(object, gone) {
        target.apply(target.read(object), gone)
      },
      onTooLong(object, gone) {
        target.apply(target.readTooLong(object), gone)
      },
      onVersion(next) {
        version = next
        inStep(timer())
      },
    })
    endRechecks()
    turn.abort()
    if (stopped()) return undefined
    options.onWatchEnd(end.kind)
    if (NEEDS_LIST.includes(end.kind)) version = undefined
    // Nobody may have had anything to say: an API server that saw no change yet sends no bookmarks.
    if (end.kind === 'silent') return undefined
    if (end.kind === 'ended' || end.kind === 'expired') {
      const short = timer() - begin < TOO_SHORT
      return short ? { problem: `the watch ${end.kind} at once` } : undefined
    }
    return end
  }

  async function step(): Promise<Failure | undefined> {
    if (version !== undefined) return watch(version)
    await list(stop.signal, false)
    return undefined
  }

  async function run(): Promise<void> {
    while (!stopped()) {
      const found = await step().catch(failureOf)
      if (found === undefined || stopped()) continue
      failed(found)
      const wait = backoff.next(found.retryAfter)
      await sleep(wait, undefined, { signal: stop.signal }).catch(() => undefined)
    }
  }

  void run()
  return {
    synced: () => synced,
    inStepAt: () => inStepAt,
    problem: () => failure?.problem,
    forbidden: () => failure?.status === 403,
    close() {
      stop.abort()
    },
  }
}

function failureOf(error: unknown): Failure {
  if (!(error instanceof ApiRefusal)) return { problem: messageOf(error) }
  const { message: problem, status, retryAfter } = error
  return { problem, status, retryAfter }
}
