import { isMapping, type Mapping } from '../../../mapping.ts'
import { statusText } from '../api-refusal.ts'
import { parseObject } from '../parse-object.ts'
import { MAX_TEXT } from '../text-limit.ts'
import { typeOf, type Collection } from './collection.ts'
import { readEventBeginning } from './too-long.ts'
import { refused, type WatchEnd } from './watch-end.ts'

/** Who is told what the lines of a watch say. */
export interface WatchReader {
  readonly collection: Collection
  /** An object was made or changed, or it is gone. */
  readonly onEvent: (object: Mapping, gone: boolean) => void
  /** The same of one that is too long to be held: no more than the beginning of its metadata. */
  readonly onTooLong: (object: Mapping, gone: boolean) => void
  /** All up to here is known, with each event and now and then. */
  readonly onVersion: (resourceVersion: string) => void
}

/** One line; what it ends, if it does. */
export function readWatchLine(
  line: string,
  { onEvent, onVersion }: WatchReader,
): WatchEnd | undefined {
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
export function readWatchLineBeginning(
  beginning: string,
  { collection, onTooLong, onVersion }: WatchReader,
): WatchEnd | undefined {
  const event = readEventBeginning(beginning, typeOf(collection))
  if (event === undefined) {
    return { kind: 'garbled', problem: `a line of more than ${MAX_TEXT} bytes on the watch` }
  }
  onTooLong(event.object, event.gone)
  tellVersion(event.object, onVersion)
  return undefined
}

function tellVersion({ metadata }: Mapping, onVersion: WatchReader['onVersion']): void {
  const version = isMapping(metadata) ? metadata['resourceVersion'] : undefined
  if (typeof version === 'string') onVersion(version)
}

/** An error comes as an event, in an answer that began as a good one. */
function endBy(status: Mapping): WatchEnd {
  const code = Number(status['code'])
  return refused(code, statusText(code, status), 0)
}
