import { setTimeout as sleep } from 'node:timers/promises'
import type { Api } from '../api.ts'
import { createBackoff } from '../backoff.ts'
import type { Collection } from './collection.ts'
import { createFailures, failureOf, type Failure, type Part } from './failures.ts'
import { isOlder } from './resource-version.ts'
import { listObjects, type Reader } from './list.ts'
import { startRechecks } from './rechecks.ts'
import { createSchedule } from './schedule.ts'
import type { Timings } from './timings.ts'
import { watchObjects } from './watch.ts'
import type { WatchEnd } from './watch-end.ts'

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
  /** Whether the API server's last word was that it may not be listed. */
  forbidden(): boolean
  close(): void
}

/** After these the copy may lack something that no next watch tells. */
const NEEDS_LIST: readonly WatchEnd['kind'][] = ['expired', 'silent', 'garbled']

/**
 * Milliseconds. A watch that ends sooner is no better than one that failed. One that stays works: what there
 * was to tell has come by then, and where nothing changes, nothing else ever shows it.
 */
const TOO_SHORT = 1_000

/**
 * A list, then a watch from there on, again and again, with a full list now and then beside it; and in place
 * of it, while no watch works.
 */
export function startReflector<State>(options: ReflectorOptions<State>): Reflector {
  const { api, collection, target, timings, random, timer } = options
  const { patience, silence } = timings
  const stop = new AbortController()
  const [first, most] = timings.backoff
  const backoff = createBackoff({ ...{ first, most, random, timer }, calm: 6 * most })
  const stopped = () => stop.signal.aborted
  let version: string | undefined
  let synced = false
  const schedule = createSchedule({ timings, random, timer })
  const failures = createFailures(options.onTrouble)

  /** Beside a watch, what that brings meanwhile is newer. Returns whether the watch can go on. */
  async function list(signal: AbortSignal, besideWatch: boolean): Promise<boolean> {
    const begin = timer()
    const known = version
    const listed = await listObjects({ api, collection, patience, signal }, target)
    signal.throwIfAborted()
    const wentBack = known !== undefined && isOlder(listed.resourceVersion, known)
    target.replace(listed.items, listed.resourceVersion, wentBack || !besideWatch)
    schedule.listed(begin)
    synced = true
    options.onList()
    if (wentBack || !besideWatch) version = listed.resourceVersion
    failures.over('list')
    return !wentBack
  }

  async function watch(from: string): Promise<Failure | undefined> {
    const turn = new AbortController()
    const signal = AbortSignal.any([stop.signal, turn.signal])
    const [shortest, longest] = timings.watch
    const begin = timer()
    const endRechecks = startRechecks({
      ...{ signal, every: timings.recheck },
      first: schedule.untilRecheck(),
      list: () => list(signal, true),
      onGoneBack() {
        turn.abort()
      },
      onFailure(error) {
        failures.failed('list', failureOf(error))
        return backoff.next(failureOf(error).retryAfter)
      },
    })
    let proof: NodeJS.Timeout | undefined
    const itWorks = () => {
      schedule.watchWorks()
      failures.over('watch')
    }
    const end = await watchObjects({
      ...{ api, collection, resourceVersion: from, patience, silence, signal },
      timeout: Math.ceil((shortest + random() * (longest - shortest)) / 1000),
      onOpen() {
        proof = setTimeout(itWorks, TOO_SHORT)
      },
      onEvent(object, gone) {
        target.apply(target.read(object), gone)
      },
      onTooLong(object, gone) {
        target.apply(target.readTooLong(object), gone)
      },
      onVersion(next) {
        version = next
        itWorks()
      },
    })
    clearTimeout(proof)
    endRechecks()
    const wentBack = turn.signal.aborted
    turn.abort()
    // Its next one begins at once, from where the list is.
    if (stopped() || wentBack) return undefined
    schedule.watchEnded(begin, end.kind === 'broken' || end.kind === 'refused')
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

  /** Returns what failed, if something did. */
  async function step(): Promise<readonly [Part, Failure] | undefined> {
    if (version !== undefined && !schedule.isListDue()) {
      const failure = await watch(version).catch(failureOf)
      return failure && ['watch', failure]
    }
    schedule.listTried()
    const failure = await list(stop.signal, false).then(() => undefined, failureOf)
    return failure && ['list', failure]
  }

  async function run(): Promise<void> {
    while (!stopped()) {
      const found = await step()
      if (found === undefined || stopped()) continue
      const [part, failure] = found
      failures.failed(part, failure)
      const wait = backoff.next(failure.retryAfter)
      await sleep(wait, undefined, { signal: stop.signal }).catch(() => undefined)
    }
  }

  void run()
  return {
    synced: () => synced,
    inStepAt: schedule.inStepAt,
    problem: () => failures.last()?.problem,
    forbidden: () => failures.last('list')?.status === 403,
    close() {
      stop.abort()
    },
  }
}
