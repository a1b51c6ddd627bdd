import { isMapping, type Mapping } from '../../../mapping.ts'
import type { Api } from '../api.ts'
import { isDeleting, metadataOf } from './objects.ts'

export interface ListOptions {
  readonly api: Api
  readonly labelSelector?: string | undefined
  readonly signal: AbortSignal
  readonly patience: number
}

/** Namespaces a page. */
const PAGE = 500

/** Of a namespace no more than its metadata is asked for. */
const ACCEPT = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1'

/** The names of all namespaces with such labels that nobody deletes. */
export async function listNamespaces(options: ListOptions): Promise<readonly string[]> {
  const { api, labelSelector, signal, patience } = options
  const names: string[] = []
  let token = ''
  do {
    const query = new URLSearchParams({
      limit: String(PAGE),
      ...(labelSelector !== undefined && { labelSelector }),
      ...(token !== '' && { continue: token }),
    })
    const path = `/api/v1/namespaces?${query.toString()}`
    const page = await api.send('GET', path, { signal, patience, accept: ACCEPT })
    const items: readonly unknown[] = Array.isArray(page['items']) ? page['items'] : []
    names.push(...items.filter(isMapping).flatMap(nameOf))
    token = String(metadataOf(page)['continue'] ?? '')
  } while (token !== '')
  return names
}

function nameOf(object: Mapping): readonly string[] {
  const { name } = metadataOf(object)
  return typeof name === 'string' && !isDeleting(object) ? [name] : []
}
