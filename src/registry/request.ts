import { printable } from '../printable.ts'
import { accepted, refused, type Reason, type Result } from '../refusal.ts'
import type { RouteName } from '../route-name.ts'
import { mergeAccess, type Access } from './access.ts'
import { listIn, parseQuery } from './query.ts'
import { isRepositoryName } from './repository-name.ts'
import {
  CATALOG_ACCESS,
  entryFor,
  matchEnding,
  routeName,
  ROUTES,
  takesParameter,
  type Route,
  type RouteDescriptor,
  type RouteKind,
} from './routes.ts'

/**
 * A request to the registry as the gateway sees it, whatever proxy asked. Header values are as they
 * arrived; a repeated header is one value joined by commas.
 */
export interface RegistryRequest {
  readonly method: string
  /** Path and query exactly as the proxy will send them on: undecoded. */
  readonly target: string
  readonly authorization?: string
  readonly contentType?: string
  readonly contentLength?: string
  /** The service that the proxy says this registry is: its configuration, never the client's word. */
  readonly service?: string
  /** The proxy can't take parameters out of the query: what it holds reaches the registry. */
  readonly queryIsFixed?: boolean
}

export interface RequiredAccess {
  readonly route: RouteName
  /** What a token must hold; empty for `/v2/`, where any valid token will do. */
  readonly required: Access
  /** The same but for the source of a mount, which a client can do without. */
  readonly withoutMount: Access
  /** Query parameters that must not reach the registry. */
  readonly removeQuery: readonly string[]
  /** Whether it is a step of an upload that has begun, or the manifest that ends a push. */
  readonly finishesUpload: boolean
  /** What it does to tags; none of what is about none. */
  readonly change?: TagChange
  /** The tags that it names; `undefined`: it may be about any, since it deletes by digest. */
  readonly tags: readonly string[] | undefined
}

/** A request that writes or deletes a manifest or a blob. */
export interface TagChange {
  readonly repository: string
  readonly action: 'push' | 'delete'
  /** The digest it is pushed under; a tag that already names it is not changed by the push. */
  readonly digest?: string
}

const MAX_TARGET = 8192

/** Longer than a digest, and shorter than any token. */
const LONG_PART = /[^/]{81,}/g

/** Characters. */
const MAX_LOGGED_PATH = 256

/**
 * The path of a target, for a record: without what could be a secret, which is the query, the user of an
 * absolute one, and parts that are as long as tokens.
 */
export function loggedPath(target: string): string {
  const path = target.replace(/^[a-z]+:\/\/[^/?#]*/i, '').replace(/[?#].*$/s, '')
  const parts = path.replace(LONG_PART, ({ length }) => `<${length}>`)
  return printable(parts, MAX_LOGGED_PATH)
}

/** What a canonical registry path is made of; `%` only ever as the escaped colon of a digest. */
const PATH = /^\/[A-Za-z0-9\-._:+/]*(?:%3[Aa][A-Fa-f0-9]*)?$/

/**
 * A request → the access that it needs. Everything that is not provably one row of the route table
 * in its one canonical spelling is refused: the registry decodes and cleans paths, so what looks
 * strange here could be another repository there.
 */
export function readRequest(request: RegistryRequest): Result<RequiredAccess> {
  const { target, method } = request
  if (target.length > MAX_TARGET) return refused('path_invalid', { detail: 'too long' })
  const mark = target.indexOf('?')
  const path = mark < 0 ? target : target.slice(0, mark)
  const route = readPath(path)
  if (!route.ok) return route
  const descriptor = ROUTES[route.value.kind]

  const actions = entryFor(descriptor.methods, method)
  if (actions === undefined) {
    return refused('method_unsupported', { allow: Object.keys(descriptor.methods) })
  }
  const queryText = mark < 0 ? '' : target.slice(mark + 1)
  const query = parseQuery(queryText, descriptor.lists)
  if (!query.ok) return query
  for (const key of query.value.keys()) {
    if (!takesParameter(descriptor, method, key)) {
      return refused('query_invalid', { detail: 'unknown parameter' })
    }
  }
  if (!bodyIsHarmless(descriptor.body, request)) return refused('body_type_unsupported')

  const { name } = route.value
  const called = routeName(route.value.kind, method)
  if (name === undefined) {
    const required = route.value.kind === 'catalog' ? [CATALOG_ACCESS] : []
    return accepted({
      ...{ route: called, required, withoutMount: required, removeQuery: [] },
      ...{ finishesUpload: false, tags: [] },
    })
  }
  const source = mountSource(query.value)
  if (!source.ok) return source
  const withoutMount = mergeAccess([{ type: 'repository', name, actions }])
  const mounted = source.value.map((from) => ({
    type: 'repository',
    name: from,
    actions: ['pull'],
  }))
  const required = mounted.length === 0 ? withoutMount : mergeAccess([...withoutMount, ...mounted])
  const removeQuery = source.value.length === 0 && query.value.has('mount') ? ['mount'] : []
  return accepted({
    ...{ route: called, required, withoutMount, removeQuery },
    finishesUpload: finishesUpload(route.value.kind, method),
    tags: tagsOf(route.value, method, queryText),
    ...changeOf(route.value, name, method),
  })
}

function tagsOf(
  { kind, reference = '' }: Route,
  method: string,
  query: string,
): readonly string[] | undefined {
  if (kind === 'tag') return [reference]
  if (method === 'DELETE' && (kind === 'manifest' || kind === 'blob')) return undefined
  return kind === 'manifest' ? listIn(query, 'tag') : []
}

function changeOf(
  { kind, reference = '' }: Route,
  repository: string,
  method: string,
): Pick<RequiredAccess, 'change'> {
  if (method === 'DELETE' && kind !== 'upload') return { change: { repository, action: 'delete' } }
  if (method !== 'PUT' || (kind !== 'tag' && kind !== 'manifest')) return {}
  const digest = reference.replace(/%3a/i, ':')
  return { change: { repository, action: 'push', ...(kind === 'tag' ? {} : { digest }) } }
}

function readPath(path: string): Result<Route> {
  if (path === '/v2' || path === '/v2/') return accepted({ kind: 'base' })
  if (!PATH.test(path)) return refused('path_invalid')
  const segments = path.split('/').slice(1)
  if (segments[0] !== 'v2') return refused('route_unknown')
  const rest = segments.slice(1)
  if (rest.some((segment, i) => segment === '.' || segment === '..' || isEmptyInside(rest, i))) {
    return refused('path_invalid')
  }
  if (rest.length === 1 && rest[0] === '_catalog') return accepted({ kind: 'catalog' })
  const ending = matchEnding(rest)
  if (ending === undefined) return refused(unknownEnding(rest))
  const name = rest.slice(0, ending.nameLength).join('/')
  if (!isRepositoryName(name)) return refused('name_invalid')
  return accepted({ kind: ending.kind, name, reference: rest.at(-1) ?? '' })
}

/** What looks like a manifest or a blob has a reference that is neither a tag nor a digest. */
function unknownEnding(segments: readonly string[]): Reason {
  const keyword = segments.at(-2) ?? ''
  const named = segments.length > 2 && segments.at(-1) !== ''
  return named && ['manifests', 'blobs', 'referrers'].includes(keyword)
    ? 'reference_invalid'
    : 'route_unknown'
}

/** An empty segment anywhere but at the very end, where `uploads/` has one. */
function isEmptyInside(segments: readonly string[], index: number): boolean {
  return segments[index] === '' && index < segments.length - 1
}

/**
 * The repository that a mount reads from. A mount without one (OCI distribution-spec, "Mounting a
 * blob from another repository") would let the registry look the blob up wherever it likes, in other
 * namespaces too: it goes on as a plain upload. `from` without a mount means nothing and is refused.
 */
function mountSource(query: ReadonlyMap<string, string>): Result<readonly string[]> {
  const from = query.get('from')
  if (from === undefined) return accepted([])
  if (!query.has('mount')) return refused('query_invalid', { detail: 'from without mount' })
  return isRepositoryName(from) ? accepted([from]) : refused('name_invalid')
}

function finishesUpload(kind: RouteKind, method: string): boolean {
  if (kind === 'upload') return method !== 'DELETE'
  return (kind === 'tag' || kind === 'manifest') && method === 'PUT'
}

const WITH_BODY = ['POST', 'PUT', 'PATCH']

/** Whether a registry may read the body of such a request as a form, and so as part of its meaning. */
export function mayHaveBody(method: string): boolean {
  return WITH_BODY.includes(method)
}

/** What the registry reads as bytes, never as a form (Go's ParseForm looks at the media type). */
const UPLOAD_TYPES = ['application/octet-stream', 'application/json']

/** Anywhere in the value: a header sent twice is joined by a comma. */
const FORM = /x-www-form-urlencoded|multipart\//

/** Go lower-cases beyond ASCII: `multİpart` is `multipart` to it, and not to us. */
const ASCII = /^[\x20-\x7e]*$/

/**
 * distribution reads `mount` and `from` also from a form body, which a gateway does not see. So a
 * body must be of a type that is never parsed as a form; without a type Go takes octet-stream. Forms
 * are refused even with length 0: a proxy that asks without the body may say 0 of it.
 */
function bodyIsHarmless(
  body: RouteDescriptor['body'],
  { method, contentType, contentLength }: RegistryRequest,
): boolean {
  if (contentType === undefined || !mayHaveBody(method)) return true
  if (!ASCII.test(contentType)) return false
  const type = contentType.trim().toLowerCase()
  return body === 'upload' && contentLength !== '0' ? UPLOAD_TYPES.includes(type) : !FORM.test(type)
}
