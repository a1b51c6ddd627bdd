import type { IncomingMessage } from 'node:http'
import { messageOf } from '../../../errors.ts'
import type { Api } from '../api.ts'
import { ApiRefusal } from '../api-refusal.ts'
import { MAX_TEXT } from '../text-limit.ts'
import { acceptOf, pathOf } from './collection.ts'
import { createLines } from './lines.ts'
import { refused, type WatchEnd } from './watch-end.ts'
import { readWatchLine, readWatchLineBeginning, type WatchReader } from './watch-line.ts'

export interface WatchOptions extends WatchReader {
  readonly api: Api
  /** What came before is known. */
  readonly resourceVersion: string
  /** Seconds that the API server shall keep it. */
  readonly timeout: number
  readonly patience: number
  readonly silence: number
  readonly signal: AbortSignal
  /** The API server took it up. */
  readonly onOpen: () => void
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
      ? refused(error.status, error.message, error.retryAfter)
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
        take(() => readWatchLine(line, options))
      },
      onTooLong: (beginning) => {
        take(() => readWatchLineBeginning(beginning, options))
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
