import { isMapping, type Mapping } from '../../../mapping.ts'
import { readBody, TooLong } from '../answer-body.ts'
import type { Api } from '../api.ts'
import { ApiRefusal } from '../api-refusal.ts'
import { parseObject } from '../parse-object.ts'
import { MAX_TEXT } from '../text-limit.ts'
import { acceptOf, pathOf, typeOf, type Collection, type TypeMeta } from './collection.ts'
import { readPageBeginning } from './too-long.ts'

/** What a list gave. */
export interface Listed<T> {
  readonly items: readonly T[]
  /** Where a watch of what comes after begins. */
  readonly resourceVersion: string
}

/** Told of each object as soon as it is there: no more than a page of text is held. */
export interface Reader<T> {
  read(object: Mapping): T
  /** One that is too long to be held: no more than the beginning of its metadata. */
  readTooLong(object: Mapping): T
}

export interface ListOptions {
  readonly api: Api
  readonly collection: Collection
  readonly patience: number
  readonly signal: AbortSignal
}

/** Objects a page. */
const PAGE = 500

/** What a page that was too long is divided by. */
const SMALLER = 8

/** So often it begins anew when what it reads grew too old in between. */
const MAX_RESTARTS = 3

/** Every object of a collection, page by page and all as of one moment. */
export async function listObjects<T>(options: ListOptions, reader: Reader<T>): Promise<Listed<T>> {
  for (let restarts = 0; ; restarts += 1) {
    try {
      return await readAll(options, reader)
    } catch (error) {
      const expired = error instanceof ApiRefusal && error.status === 410
      if (!expired || restarts === MAX_RESTARTS) throw error
    }
  }
}

async function readAll<T>(options: ListOptions, reader: Reader<T>): Promise<Listed<T>> {
  const items: T[] = []
  let token = ''
  let resourceVersion = ''
  do {
    for await (const page of pagesFrom(token, PAGE, options)) {
      for (const object of page.objects) {
        items.push(page.isTooLong ? reader.readTooLong(object) : reader.read(object))
      }
      token = page.token
      resourceVersion = page.resourceVersion
    }
  } while (token !== '')
  return { items, resourceVersion }
}

interface Page {
  readonly objects: readonly Mapping[]
  /** It is of one object, and only its beginning was read. */
  readonly isTooLong: boolean
  readonly resourceVersion: string
  /** Where the next page goes on; empty at the end. */
  readonly token: string
}

/** So many objects or somewhat more, or all that are left: in one page, or in smaller ones if that is too long. */
async function* pagesFrom(
  token: string,
  size: number,
  options: ListOptions,
): AsyncGenerator<Page, void> {
  const whole = await readPage(options, size, token)
  if (whole !== undefined) {
    yield whole
    return
  }
  const smaller = Math.max(1, Math.floor(size / SMALLER))
  let next = token
  let count = 0
  do {
    for await (const page of pagesFrom(next, smaller, options)) {
      yield page
      next = page.token
      count += page.objects.length
    }
  } while (next !== '' && count < size)
}

/** Undefined: it is too long, and a smaller one may not be. */
async function readPage(
  { api, collection, patience, signal }: ListOptions,
  size: number,
  token: string,
): Promise<Page | undefined> {
  const query = { limit: String(size), ...(token === '' ? {} : { continue: token }) }
  const accept = acceptOf(collection, 'list')
  const response = await api.get(pathOf(collection, query), { signal, patience, accept })
  const type = typeOf(collection)
  try {
    return pageOf(await readBody(response, { most: MAX_TEXT, patience }), type)
  } catch (error) {
    if (!(error instanceof TooLong)) throw error
    if (size > 1) return undefined
    // The API server keeps objects that are too long for rauth: whoever writes one must not end the list of all.
    const beginning = readPageBeginning(error.beginning, type)
    if (beginning === undefined) throw error
    const { metadata, object } = beginning
    return { objects: [object], isTooLong: true, ...placeOf(metadata) }
  }
}

function pageOf(text: string, type: TypeMeta): Page {
  const body = parseObject(text)
  const metadata = body?.['metadata']
  const items = body?.['items'] ?? []
  if (!isMapping(metadata) || !Array.isArray(items)) throw new Error('a list that is none')
  // In a list the items don't say what they are.
  const objects = (items as readonly unknown[])
    .filter(isMapping)
    .map((item) => ({ ...item, ...type }))
  return { objects, isTooLong: false, ...placeOf(metadata) }
}

function placeOf({
  resourceVersion,
  continue: token = '',
}: Mapping): Pick<Page, 'resourceVersion' | 'token'> {
  if (typeof resourceVersion !== 'string' || typeof token !== 'string') {
    throw new Error('a list without a resourceVersion')
  }
  return { resourceVersion, token }
}
