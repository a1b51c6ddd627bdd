import type { Mapping } from '../../../mapping.ts'
import { parseObject } from '../parse-object.ts'
import type { TypeMeta } from './collection.ts'

/** Members of an object up to the first that is no string, or whose string has an escape in it. */
const TEXTS = /((?:"[A-Za-z]+":"[^"\\]*"(?:,|(?=\})))*)/.source

/** What they are, as the API server writes it. In a list most objects don't say so themselves. */
const TYPE = /"kind":"([A-Za-z]+)","apiVersion":"([a-z0-9./]+)",/.source

const EVENT = new RegExp(
  `^\\{"type":"(ADDED|MODIFIED|DELETED)","object":\\{${TYPE}"metadata":\\{${TEXTS}`,
)

const PAGE = new RegExp(
  `^\\{${TYPE}"metadata":\\{${TEXTS}(?:"remainingItemCount":\\d+)?\\},"items":\\[\\{(?:${TYPE})?"metadata":\\{${TEXTS}`,
)

/** An event of a watch, of which only the beginning is known. */
export interface EventBeginning {
  readonly gone: boolean
  /** With no more of its metadata than who it is. */
  readonly object: Mapping
}

/** Undefined where it does not tell which object of that type it is. */
export function readEventBeginning(text: string, of: TypeMeta): EventBeginning | undefined {
  const [, type, kind, apiVersion, metadata = ''] = EVENT.exec(text) ?? []
  if (kind !== of.kind || apiVersion !== of.apiVersion) return undefined
  const object = objectOf(metadata, of)
  return object && { gone: type === 'DELETED', object }
}

/** A page of one object, of which only the beginning is known. */
export interface PageBeginning {
  readonly metadata: Mapping
  /** With no more of its metadata than who it is. */
  readonly object: Mapping
}

/** Undefined where it does not tell which object of that type it is, or where the list goes on. */
export function readPageBeginning(text: string, of: TypeMeta): PageBeginning | undefined {
  const [, kind, apiVersion, list = '', , , item = ''] = PAGE.exec(text) ?? []
  if (kind !== `${of.kind}List` || apiVersion !== of.apiVersion) return undefined
  const [metadata, object] = [membersOf(list), objectOf(item, of)]
  return metadata && object && { metadata, object }
}

/** In this order, between them the namespace, where there is one. */
const KNOWN = ['name', 'uid', 'resourceVersion']

function objectOf(texts: string, { apiVersion, kind }: TypeMeta): Mapping | undefined {
  const metadata = membersOf(texts)
  if (metadata === undefined || KNOWN.some((key) => !(key in metadata))) return undefined
  return { apiVersion, kind, metadata }
}

function membersOf(texts: string): Mapping | undefined {
  return parseObject(`{${texts.replace(/,$/, '')}}`)
}
