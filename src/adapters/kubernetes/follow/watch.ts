import type { IncomingMessage } from 'node:http'
import { isMapping, type Mapping } from '../../../mapping.ts'
import { messageOf } from '../../../errors.ts'
import type { Api } from '../api.ts'
import { ApiRefusal, statusText } from '../api-refusal.ts'
import { parseObject } from '../parse-object.ts'
import { MAX_TEXT } from '../text-limit.ts'
import { acceptOf, pathOf, typeOf, type Collection } from './collection.ts'
import { createLines } from './lines.ts'
import { readEventBeginning } from './too-long.ts'

/** Why a watch is over. */
export type WatchEnd =
  /** The API server closed it, as it does after the time that was asked for. */
  | { readonly kind: 'ended' }
  /** What it should go on from is too old: only a list helps. */
  | { readonly kind: 'expired' }
  /** Nothing came for too long: nobody may be there any more. */
  | { readonly kind: 'silent' }
  /** The connection broke. */
  | { readonly kind: 'broken'; readonly problem: string }
  /** Something came that is no event, so one may be lost: only a list helps. */
  | { readonly kind: 'garbled'; readonly problem: string }
  /** The API server does not serve it, or no more. */
  | { readonly kind: 'refused'; readonly problem: string; readonly retryAfter: number }

export interface WatchOptions {
  readonly api: Api
  readonly collection: Collection
  /** What came before is known. */
  readonly resourceVersion: string
  /** Seconds that the API server shall keep it. */
  readonly timeout: number
  readonly patience: number
  readonly silence: number
  readonly signal: AbortSignal
  /** The API server took it up. */
  readonly onOpen: () => void
  /** An object was made or changed, or it is gone. */
  readonly onEvent: (object: Mapping, gone: boolean) => void
  /** The same of one that is too long to be held: no more than the beginning of its metadata. */
  readonly onTooLong: (object: Mapping, gone: boolean) => void
  /** All up to here is known, with each event and now and then. */
  readonly onVersion: (resourceVersion: string) => void
}

/** Follows the objects of a collection until it can't; never rejects. */
export async function watchObjects(options: WatchOptions): Promise<WatchEnd> {
  const { api, collection, resourceVersion, timeout, patience, signal } = options
  const query = {
    ...{ watch: 'true', allowWatchBookmarks: 'true' },
    ...{ resourceVersion, timeoutSeconds: String(timeout) },
  }
  try {
    const accept = acceptOf(collection, 'watch')
    const response = await api.get(pathOf(collection, query), { signal, patience, accept })
    return await follow(response, options)
  } catch (error) {
    return error instanceof ApiRefusal
      ? refusal(error.status, error.message, error.retryAfter)
      : { kind: 'broken', problem: messageOf(error) }
  }
}

function follow(response: IncomingMessage, options: WatchOptions): Promise<WatchEnd> {
  return new Promise((resolve) => {
    let timer: NodeJS.Timeout | undefined
    let isOver = false
    const over = (end: WatchEnd) => {
      isOver = true
      clearTimeout(timer)
      response.destroy()
      resolve(end)
    }
    const wait = () => {
      clearTimeout(timer)
      timer = setTimeout(() => {
        over({ kind: 'silent' })
      }, options.silence)
    }
    const take = (reading: () => WatchEnd | undefined) => {
      // More of the same chunk may follow what ended it.
      const end = isOver ? undefined : safely(reading)
      if (end !== undefined) over(end)
    }
    const lines = createLines({
      most: MAX_TEXT,
      onLine: (line) => {
        take(() => read(line, options))
      },
      onTooLong: (beginning) => {
        take(() => readTooLong(beginning, options))
      },
    })
    options.onOpen()
    wait()
    response.on('data', (chunk: Buffer) => {
      if (isOver) return
      wait()
      lines.push(chunk)
    })
    response.on('error', (error) => {
      over({ kind: 'broken', problem: messageOf(error) })
    })
    response.on('close', () => {
      const whole = response.complete && lines.pending() === 0
      over(whole ? { kind: 'ended' } : { kind: 'broken', problem: 'the watch broke off' })
    })
  })
}

/** A fault in here must not end the process; nor may it go unseen, or the copy would be out of step. */
function safely(reading: () => WatchEnd | undefined): WatchEnd | undefined {
  try {
    return reading()
  } catch (error) {
    const name = error instanceof Error ? error.name : 'something'
    return { kind: 'garbled', problem: `an event of the watch could not be taken up (${name})` }
  }
}

/** One line; what it ends, if it does. */
function read(line: string, { onEvent, onVersion }: WatchOptions): WatchEnd | undefined {
  const event = parseObject(line)
  const object = event?.['object']
  if (event === undefined || !isMapping(object)) {
    return { kind: 'garbled', problem: 'a line on the watch that is no event' }
  }
  switch (event['type']) {
    case 'ADDED':
    case 'MODIFIED':
      onEvent(object, false)
      break
    case 'DELETED':
      onEvent(object, true)
      break
    case 'BOOKMARK':
      break
    case 'ERROR':
      return endBy(object)
    default:
      return { kind: 'garbled', problem: 'an event of an unknown type on the watch' }
  }
  tellVersion(object, onVersion)
  return undefined
}

/** The API server keeps objects that are too long for rauth: whoever writes one must not end the watch of all. */
function readTooLong(
  beginning: string,
  { collection, onTooLong, onVersion }: WatchOptions,
): WatchEnd | undefined {
  const event = readEventBeginning(beginning, typeOf(collection))
  if (event === undefined) {
    return { kind: 'garbled', problem: `a line of more than ${MAX_TEXT} bytes on the watch` }
  }
  onTooLong(event.object, event.gone)
  tellVersion(event.object, onVersion)
  return undefined
}

function tellVersion({ metadata }: Mapping, onVersion: WatchOptions['onVersion']): void {
  const version = isMapping(metadata) ? metadata['resourceVersion'] : undefined
  if (typeof version === 'string') onVersion(version)
}

/** An error comes as an event, in an answer that began as a good one. */
function endBy(status: Mapping): WatchEnd {
  const code = Number(status['code'])
  return refusal(code, statusText(code, status), 0)
}

/** What is too new for the API server will never come: etcd was put back to an older state. */
function refusal(status: number, problem: string, retryAfter: number): WatchEnd {
  return status === 410 || problem.includes('Too large resource version')
    ? { kind: 'expired' }
    : { kind: 'refused', problem, retryAfter }
}
