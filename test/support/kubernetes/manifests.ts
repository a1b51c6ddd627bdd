import { parseAllDocuments } from 'yaml'
import type { Api, ApiAnswer, Json } from './api.ts'

/** An object as somebody wrote it. */
export interface Manifest {
  readonly text: string
  readonly object: Json
}

/** The documents of a file. Throws where one is no YAML. */
export function manifestsOf(text: string): readonly Manifest[] {
  return parseAllDocuments(text).map((document) => {
    const [error] = document.errors
    if (error !== undefined) throw error
    return {
      text: text.slice(document.range[0], document.range[2]),
      object: document.toJS() as Json,
    }
  })
}

interface Resource {
  readonly name: string
  readonly kind: string
  readonly namespaced: boolean
}

/** Where objects of this one's kind are made, as the API server itself has it; undefined if nowhere. */
export async function collectionOf(api: Api, object: Json): Promise<string | undefined> {
  const version = String(object['apiVersion'])
  const root = version.includes('/') ? `/apis/${version}` : `/api/${version}`
  const { body } = await api.send('GET', root)
  const resources = (body['resources'] ?? []) as readonly Resource[]
  const found = resources.find(({ kind, name }) => kind === object['kind'] && !name.includes('/'))
  if (found === undefined) return undefined
  const { namespace } = object['metadata'] as { namespace?: string }
  return found.namespaced
    ? `${root}/namespaces/${namespace ?? ''}/${found.name}`
    : `${root}/${found.name}`
}

/** `kubectl create`, but that a field which is not known is an error and no warning. */
export function create(api: Api, collection: string, body: Json | string): Promise<ApiAnswer> {
  return api.send('POST', `${collection}?fieldValidation=Strict`, body)
}

/** All that `create` does but the storing. */
export function tryToCreate(api: Api, collection: string, body: Json | string): Promise<ApiAnswer> {
  return api.send('POST', `${collection}?fieldValidation=Strict&dryRun=All`, body)
}
