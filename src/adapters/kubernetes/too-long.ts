import type { Mapping } from '../../mapping.ts'
import { parseObject } from './parse-object.ts'

/**
 * Bytes of a page of a list and of an event: what is held at most. The API server keeps Secrets that are longer
 * in JSON, where one byte can become six (`<` is `\u003c`). No credentials that rauth takes need as much.
 */
export const MAX_TEXT = 3 * 1024 * 1024

/**
 * Bytes of what is too long that are looked at. The API server writes an object's fields in the order of its
 * types: names, uid and version are in the first thousand, and nothing before them is of somebody's choice.
 */
const BEGINNING = 4096

/** The beginning of what came in parts. */
export function beginningOf(parts: readonly Buffer[]): string {
  const bytes: Buffer[] = []
  let missing = BEGINNING
  for (const part of parts) {
    if (missing <= 0) break
    bytes.push(part.subarray(0, missing))
    missing -= part.length
  }
  return Buffer.concat(bytes).toString('utf8')
}

/** Members of an object up to the first that is no string, or whose string has an escape in it. */
const TEXTS = /((?:"[A-Za-z]+":"[^"\\]*"(?:,|(?=\})))*)/.source

const EVENT = new RegExp(
  `^\\{"type":"(ADDED|MODIFIED|DELETED)","object":\\{"kind":"Secret","apiVersion":"v1","metadata":\\{${TEXTS}`,
)

const PAGE = new RegExp(
  `^\\{"kind":"SecretList","apiVersion":"v1","metadata":\\{${TEXTS}(?:"remainingItemCount":\\d+)?\\},"items":\\[\\{"metadata":\\{${TEXTS}`,
)

/** An event of a watch, of which only the beginning is known. */
export interface EventBeginning {
  readonly gone: boolean
  /** With no more of its metadata than who it is. */
  readonly object: Mapping
}

/** Undefined where it does not tell whose Secret it is. */
export function readEventBeginning(text: string): EventBeginning | undefined {
  const [, type, metadata = ''] = EVENT.exec(text) ?? []
  const object = objectOf(metadata)
  return object && { gone: type === 'DELETED', object }
}

/** A page of one Secret, of which only the beginning is known. */
export interface PageBeginning {
  readonly metadata: Mapping
  /** With no more of its metadata than who it is. */
  readonly object: Mapping
}

/** Undefined where it does not tell whose Secret it is, or where the list goes on. */
export function readPageBeginning(text: string): PageBeginning | undefined {
  const [, list = '', item = ''] = PAGE.exec(text) ?? []
  const [metadata, object] = [membersOf(list), objectOf(item)]
  return metadata && object && { metadata, object }
}

const KNOWN = ['name', 'namespace', 'uid', 'resourceVersion']

function objectOf(texts: string): Mapping | undefined {
  const metadata = membersOf(texts)
  if (metadata === undefined || KNOWN.some((key) => !(key in metadata))) return undefined
  return { apiVersion: 'v1', kind: 'Secret', metadata }
}

function membersOf(texts: string): Mapping | undefined {
  return parseObject(`{${texts.replace(/,$/, '')}}`)
}
