import type { RouteName } from '../route-name.ts'
import type { ResourceActions } from './access.ts'
import type { ParameterLists } from './query.ts'

/**
 * The paths of the registry API (OCI distribution-spec "Endpoints", and distribution's upload
 * session), one row each. A name may hold every keyword, so a path is read from its right-hand end.
 */
export type RouteKind =
  'base' | 'catalog' | 'tags' | 'tag' | 'manifest' | 'blob' | 'referrers' | 'uploads' | 'upload'

export interface Route {
  readonly kind: RouteKind
  /** Repository; absent for `base` and `catalog`. */
  readonly name?: string
  /** The last part: of a manifest its tag or digest. */
  readonly reference?: string
}

type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

export interface RouteDescriptor {
  /** Actions on the repository that each method needs; a method without a row is refused. */
  readonly methods: Readonly<Partial<Record<Method, readonly string[]>>>
  /** Query parameters that the route takes, by method. */
  readonly query: Readonly<Partial<Record<Method, readonly string[]>>>
  /**
   * Its address is the registry's own and opaque to clients (OCI distribution-spec, "Pushing blobs"): it
   * takes any parameter that means nothing on another route.
   */
  readonly opaque?: true
  /** Parameters among them that may come more than once. */
  readonly lists?: ParameterLists
  /** Which media types a body may have: none is taken, those of upload bytes, or all but forms. */
  readonly body: 'none' | 'upload' | 'manifest'
}

const READ = { GET: ['pull'], HEAD: ['pull'] } as const
const PUSH = ['pull', 'push'] as const
const MANIFEST = { ...READ, PUT: PUSH, DELETE: ['delete'] } as const
/** containerd names the host that a mirror stands for in `ns`; registries ignore it. */
const MIRROR = { GET: ['ns'], HEAD: ['ns'] } as const

/** Clients keep using the URL that they closed an upload with, digest and all. */
const SESSION = ['digest']

/** Of a tag (OCI distribution-spec, "Pulling manifests"). */
export const TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/

export const ROUTES: Readonly<Record<RouteKind, RouteDescriptor>> = {
  base: { methods: { GET: [], HEAD: [] }, query: MIRROR, body: 'none' },
  catalog: {
    methods: { GET: [], HEAD: [] },
    query: { GET: ['n', 'last'], HEAD: ['n', 'last'] },
    body: 'none',
  },
  tags: {
    methods: READ,
    query: { GET: ['n', 'last', 'ns'], HEAD: ['n', 'last', 'ns'] },
    body: 'none',
  },
  tag: { methods: MANIFEST, query: MIRROR, body: 'manifest' },
  manifest: {
    methods: MANIFEST,
    // The tags that a manifest pushed by its digest gets (OCI distribution-spec, end-7b).
    query: { ...MIRROR, PUT: ['tag'] },
    lists: { tag: TAG },
    body: 'manifest',
  },
  blob: { methods: { ...READ, DELETE: ['delete'] }, query: MIRROR, body: 'none' },
  referrers: {
    methods: READ,
    query: {
      GET: ['artifactType', 'n', 'last', 'ns'],
      HEAD: ['artifactType', 'n', 'last', 'ns'],
    },
    body: 'none',
  },
  uploads: {
    methods: { POST: PUSH },
    query: { POST: ['mount', 'from', 'origin', 'digest', 'digest-algorithm'] },
    body: 'upload',
  },
  // Giving up one's own upload is part of a push, not a deletion of content.
  upload: {
    methods: { GET: ['pull'], HEAD: ['pull'], PATCH: PUSH, PUT: PUSH, DELETE: PUSH },
    query: { GET: SESSION, HEAD: SESSION, PATCH: SESSION, PUT: SESSION, DELETE: SESSION },
    opaque: true,
    body: 'upload',
  },
}

/** What a request is called in records, by its row of the table and a method of that row. */
export function routeName(kind: RouteKind, method: string): RouteName {
  switch (kind) {
    case 'base':
      return 'ping'
    case 'catalog':
    case 'tags':
    case 'referrers':
      return kind
    case 'tag':
    case 'manifest':
      if (method === 'PUT') return 'manifest_write'
      return method === 'DELETE' ? 'manifest_delete' : 'manifest_read'
    case 'blob':
      return method === 'DELETE' ? 'blob_delete' : 'blob_read'
    case 'uploads':
    case 'upload':
      return 'upload'
  }
}

/** distribution asks for `*` on the catalog, literally. */
export const CATALOG_ACCESS: ResourceActions = { type: 'registry', name: 'catalog', actions: ['*'] }

/** What another route takes, a second credential (RFC 6750 §2.3), and a second method; in lower case. */
const MEANINGFUL: ReadonlySet<string> = new Set(
  [
    ...Object.values(ROUTES).flatMap(({ query }) => Object.values(query).flat()),
    ...['access_token', '_method'],
  ].map((name) => name.toLowerCase()),
)

/** Of a parameter that a registry made up for itself: `_state` of distribution, `state` of olareg. */
const MADE_UP = /^[A-Za-z_][A-Za-z0-9_-]{0,63}$/

/** Whether a route takes a query parameter with a method. */
export function takesParameter(route: RouteDescriptor, method: string, name: string): boolean {
  if (entryFor(route.query, method)?.includes(name) === true) return true
  return route.opaque === true && MADE_UP.test(name) && !MEANINGFUL.has(name.toLowerCase())
}

/** The row's entry for a method; exact upper case, own keys only. */
export function entryFor<T>(
  table: Readonly<Partial<Record<Method, T>>>,
  method: string,
): T | undefined {
  return Object.hasOwn(table, method) ? table[method as Method] : undefined
}

/** `algorithm:hex`; some clients escape the colon. */
export const DIGEST = /^[a-z0-9]+(?:[+._-][a-z0-9]+)*(?::|%3[Aa])[A-Fa-f0-9]{32,128}$/
/** distribution uses a UUID; others a token of url-safe characters. */
const UPLOAD_ID = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}$/

interface Ending {
  readonly kind: RouteKind
  /** Segments at the right-hand end: a text is itself, a pattern is one segment. */
  readonly segments: readonly (string | RegExp)[]
}

const ENDINGS: readonly Ending[] = [
  { kind: 'tags', segments: ['tags', 'list'] },
  { kind: 'tag', segments: ['manifests', TAG] },
  { kind: 'manifest', segments: ['manifests', DIGEST] },
  { kind: 'uploads', segments: ['blobs', 'uploads', ''] },
  { kind: 'upload', segments: ['blobs', 'uploads', UPLOAD_ID] },
  { kind: 'blob', segments: ['blobs', DIGEST] },
  { kind: 'referrers', segments: ['referrers', DIGEST] },
]

/**
 * The route of a path below `/v2/`, given as its raw segments, and how many segments are the name.
 * `undefined`: no row of the table.
 */
export function matchEnding(
  segments: readonly string[],
): { readonly kind: RouteKind; readonly nameLength: number } | undefined {
  for (const { kind, segments: ending } of ENDINGS) {
    const nameLength = segments.length - ending.length
    const fits =
      nameLength > 0 &&
      ending.every((want, i) => {
        const got = segments[nameLength + i] ?? ''
        return typeof want === 'string' ? got === want : want.test(got)
      })
    if (fits) return { kind, nameLength }
  }
  return undefined
}
