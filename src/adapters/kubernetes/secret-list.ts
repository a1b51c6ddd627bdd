import { isMapping, type Mapping } from '../../credentials/secret/secret-values.ts'
import { ApiRefusal, readBody, TooLong, type Api } from './api.ts'
import { pathOf, type Collection } from './collection.ts'

/** What a list gave. */
export interface Listed<T> {
  readonly items: readonly T[]
  /** Where a watch of what comes after begins. */
  readonly resourceVersion: string
}

export interface ListOptions {
  readonly api: Api
  readonly collection: Collection
  readonly patience: number
  readonly signal: AbortSignal
}

/** Secrets a page. */
const PAGE = 500

/**
 * Bytes a page. A Secret can be 1 MiB, so a page of them is asked for again in smaller ones when it is
 * longer; one Secret, in base64 and with all its metadata, never is.
 */
const MAX_PAGE = 8 * 1024 * 1024

/** What a page that was too long is divided by. */
const SMALLER = 8

/** So often it begins anew when what it reads grew too old in between. */
const MAX_RESTARTS = 3

/**
 * Every Secret of a collection, page by page and all as of one moment. `convert` is given each as soon as
 * it is there: no more than a page of text is held.
 */
export async function listSecrets<T>(
  options: ListOptions,
  convert: (object: Mapping) => T,
): Promise<Listed<T>> {
  for (let restarts = 0; ; restarts += 1) {
    try {
      return await readPages(options, convert)
    } catch (error) {
      const expired = error instanceof ApiRefusal && error.status === 410
      if (!expired || restarts === MAX_RESTARTS) throw error
    }
  }
}

async function readPages<T>(
  options: ListOptions,
  convert: (object: Mapping) => T,
): Promise<Listed<T>> {
  const items: T[] = []
  let size = PAGE
  let token = ''
  for (;;) {
    let page: Page
    try {
      page = await readPage(options, size, token)
    } catch (error) {
      if (!(error instanceof TooLong) || size === 1) throw error
      size = Math.max(1, Math.floor(size / SMALLER))
      continue
    }
    for (const object of page.objects) items.push(convert(object))
    if (page.token === '') return { items, resourceVersion: page.resourceVersion }
    token = page.token
  }
}

interface Page {
  readonly objects: readonly Mapping[]
  readonly resourceVersion: string
  /** Where the next page goes on; empty at the end. */
  readonly token: string
}

async function readPage(
  { api, collection, patience, signal }: ListOptions,
  size: number,
  token: string,
): Promise<Page> {
  const query = { limit: String(size), ...(token === '' ? {} : { continue: token }) }
  const response = await api.get(pathOf(collection, query), { signal, patience })
  const body = parseObject(await readBody(response, { most: MAX_PAGE, patience }))
  const metadata = body?.['metadata']
  const items = body?.['items'] ?? []
  if (!isMapping(metadata) || !Array.isArray(items)) throw new Error('a list that is none')
  const { resourceVersion, continue: next = '' } = metadata
  if (typeof resourceVersion !== 'string' || typeof next !== 'string') {
    throw new Error('a list without a resourceVersion')
  }
  // In a list the items don't say what they are.
  const objects = (items as readonly unknown[])
    .filter(isMapping)
    .map((item) => ({ ...item, apiVersion: 'v1', kind: 'Secret' }))
  return { objects, resourceVersion, token: next }
}

/** Without the words of the parser: they quote the text. */
export function parseObject(text: string): Mapping | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isMapping(value) ? value : undefined
  } catch {
    return undefined
  }
}
