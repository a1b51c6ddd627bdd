import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tlsAuthority } from '../tls-certificates.ts'
import type { ApiServer, Json } from './api.ts'

/** One answer, in place of the usual one. */
export type Fault = (response: ServerResponse, url: URL) => void

/** A watch that is open. */
export interface FakeWatch {
  readonly url: URL
  readonly response: ServerResponse
}

/**
 * Just enough of an API server to do what a real one can't be made to do: it answers lists in pages and
 * watches with what is sent to it, unless it is told to answer something else.
 */
export interface FakeApi extends ApiServer {
  /** Each request in its order: `list`, `page` or `watch`, with its query. */
  readonly asked: { readonly kind: 'list' | 'page' | 'watch'; readonly query: URLSearchParams }[]
  readonly watches: ReadonlySet<FakeWatch>
  /** The next requests of a kind are answered by these, each once. */
  readonly faults: { list: Fault[]; watch: Fault[] }
  /** Secrets a page, however many are asked for. */
  pageSize: number
  /** Makes or changes the Secret of a namespace and tells all watches. */
  put(namespace: string, values: Readonly<Record<string, string>>): Json
  remove(namespace: string): void
  /** The same without telling anybody. */
  readonly quietly: Pick<FakeApi, 'put' | 'remove'>
  /** To all watches. */
  send(event: Json): void
  /** As of etcd that was put back to an older state. */
  setVersion(version: number): void
  stop(): Promise<void>
}

export async function startFakeApi(): Promise<FakeApi> {
  const authority = await tlsAuthority('fake cluster')
  const { certificate, key } = await authority.issue('fake API server')
  const secrets = new Map<string, Json>()
  const watches = new Set<FakeWatch>()
  const asked: FakeApi['asked'] = []
  const faults: FakeApi['faults'] = { list: [], watch: [] }
  let version = 100
  let made = 0

  function list(response: ServerResponse, { searchParams }: URL): void {
    const from = Number(searchParams.get('continue') ?? 0)
    const size = Math.min(fake.pageSize, Number(searchParams.get('limit') ?? Infinity))
    const items = [...secrets.values()].slice(from, from + size)
    const next = from + size < secrets.size ? String(from + size) : ''
    const metadata = { resourceVersion: String(version), continue: next }
    answer(response, 200, { kind: 'SecretList', apiVersion: 'v1', metadata, items })
  }

  function watch(response: ServerResponse, url: URL): void {
    response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders()
    const open = { url, response }
    watches.add(open)
    response.on('close', () => watches.delete(open))
  }

  function serve({ url = '' }: IncomingMessage, response: ServerResponse): void {
    const target = new URL(url, 'https://fake')
    const query = target.searchParams
    const isWatch = query.get('watch') === 'true'
    const kind = isWatch ? 'watch' : query.has('continue') ? 'page' : 'list'
    asked.push({ kind, query })
    const usual = isWatch ? watch : list
    const fault = faults[isWatch ? 'watch' : 'list'].shift() ?? usual
    fault(response, target)
  }

  const server = createServer({ cert: certificate, key }, serve)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')

  const change = (quiet: boolean): Pick<FakeApi, 'put' | 'remove'> => ({
    put(namespace, values) {
      version += 1
      const before = secrets.get(namespace)?.['metadata'] as { uid: string } | undefined
      const uid = before?.uid ?? `uid-${(made += 1)}`
      const object = secretObject({ namespace, uid, version: String(version) }, values)
      if (!quiet) fake.send({ type: before === undefined ? 'ADDED' : 'MODIFIED', object })
      secrets.set(namespace, object)
      return object
    },
    remove(namespace) {
      const object = secrets.get(namespace)
      version += 1
      secrets.delete(namespace)
      const metadata = { ...(object?.['metadata'] as Json), resourceVersion: String(version) }
      if (!quiet) fake.send({ type: 'DELETED', object: { ...object, metadata } })
    },
  })
  const fake: FakeApi = {
    port: (server.address() as AddressInfo).port,
    authority: authority.certificate,
    ...{ asked, watches, faults, pageSize: Infinity },
    ...change(false),
    quietly: change(true),
    send(event) {
      for (const { response } of watches) response.write(`${JSON.stringify(event)}\n`)
    },
    setVersion: (next) => (version = next),
    async stop() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
  return fake
}

export interface ObjectIdentity {
  readonly namespace: string
  readonly uid: string
  readonly version: string
}

/** A Secret as an API server gives it. */
export function secretObject(
  { namespace, uid, version }: ObjectIdentity,
  values: Readonly<Record<string, string>>,
): Json {
  const data = Object.entries(values).map(([key, value]) => [
    key,
    Buffer.from(value).toString('base64'),
  ])
  return {
    ...{ apiVersion: 'v1', kind: 'Secret', type: 'Opaque' },
    metadata: { name: 'registry-credentials', namespace, uid, resourceVersion: version },
    data: Object.fromEntries(data) as Json,
  }
}

export function answer(response: ServerResponse, status: number, body: Json, headers = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(JSON.stringify(body))
}
