import { messageOf, RauthError } from '../../errors.ts'
import { isMapping, type Mapping } from '../../mapping.ts'
import { Redacted } from '../../redacted.ts'
import type { Api } from './api.ts'
import { ApiRefusal } from './api-refusal.ts'
import type { Cluster } from './cluster.ts'

/** Contents by their keys, as a folder has them by its file names. */
export type SecretContents = ReadonlyMap<string, Redacted<Buffer>>

/** A Secret as it was read. */
export interface StoredSecret {
  readonly contents: SecretContents
  /** All of it, to be given back with other contents. */
  readonly object: Mapping
}

/** The Secrets of one namespace, each by its name. All throw ERR_KEYS_UNREADABLE or ERR_UNREACHABLE. */
export interface SecretObjects {
  /** Undefined: there is none. */
  read(name: string): Promise<StoredSecret | undefined>
  /** False: there is one of that name, which stays as it is. */
  create(name: string, contents: SecretContents): Promise<boolean>
  /** Puts other contents into what was read. False: it has changed since, and stays. */
  replace(name: string, stored: StoredSecret, contents: SecretContents): Promise<boolean>
}

/** Milliseconds. */
const PATIENCE = 30_000

/** Not what the controller marks its own by: these are no Secrets of namespaces, and nothing but these commands changes them. */
const MANAGED_BY = { 'app.kubernetes.io/managed-by': 'rauth-keys' }

export function createSecretObjects(
  { api, server }: Pick<Cluster, 'api' | 'server'>,
  namespace: string,
): SecretObjects {
  const collection = `/api/v1/namespaces/${namespace}/secrets`

  /** `excused`: reasons of a refusal that are an answer. */
  async function send(
    method: Parameters<Api['send']>[0],
    path: string,
    name: string,
    { body, excused = [] }: { readonly body?: Mapping; readonly excused?: readonly string[] } = {},
  ): Promise<Mapping | undefined> {
    const signal = AbortSignal.timeout(PATIENCE)
    try {
      return await api.send(method, path, { signal, patience: PATIENCE, ...(body && { body }) })
    } catch (cause) {
      if (!(cause instanceof ApiRefusal)) {
        throw new RauthError('ERR_UNREACHABLE', `${server}: ${messageOf(cause)}`, { cause })
      }
      if (excused.includes(cause.reason)) return undefined
      throw refused(`${namespace}/${name}`, cause)
    }
  }

  return {
    async read(name) {
      const object = await send('GET', `${collection}/${name}`, name, { excused: ['NotFound'] })
      return object && { object, contents: contentsOf(object) }
    },
    async create(name, contents) {
      const metadata = { name, namespace, labels: MANAGED_BY }
      const body = { apiVersion: 'v1', kind: 'Secret', metadata, ...dataOf(contents) }
      // NotFound is the namespace, and none to excuse.
      return (
        (await send('POST', collection, name, { body, excused: ['AlreadyExists'] })) !== undefined
      )
    },
    async replace(name, { object }, contents) {
      // With the resourceVersion that was read: what changed since is refused, not lost.
      const body = { ...object, ...dataOf(contents) }
      const excused = ['Conflict']
      return (await send('PUT', `${collection}/${name}`, name, { body, excused })) !== undefined
    },
  }
}

function refused(name: string, cause: ApiRefusal): RauthError {
  return new RauthError('ERR_KEYS_UNREADABLE', `Secret ${name}: ${cause.message}`, { cause })
}

function dataOf(contents: SecretContents): Mapping {
  const texts = [...contents].map(([key, content]) => {
    return [key, new Redacted(content.reveal().toString('base64'))] as const
  })
  return { data: Object.fromEntries(texts) }
}

function contentsOf(object: Mapping): SecretContents {
  const data = isMapping(object['data']) ? object['data'] : {}
  return new Map(
    Object.entries(data).flatMap(([key, text]) =>
      typeof text === 'string' ? [[key, new Redacted(Buffer.from(text, 'base64'))] as const] : [],
    ),
  )
}
