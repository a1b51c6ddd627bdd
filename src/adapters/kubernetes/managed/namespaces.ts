import type { Observed, Which } from '../../../control/observed.ts'
import type { Writer } from '../../../control/reconcile.ts'
import { toBase64 } from '../../../control/secret-data.ts'
import type { DataChanges, SecretChanges, Step } from '../../../control/step.ts'
import type { Mapping } from '../../../mapping.ts'
import type { Api } from '../api.ts'
import { ApiRefusal } from '../api-refusal.ts'
import { accountIn, secretIn } from './objects.ts'

export interface ManagedNamespacesOptions {
  readonly api: Api
  readonly secretName: string
  readonly pullSecretName: string
  readonly serviceAccounts: readonly string[]
  /** Asked before each write: false once another may write. */
  readonly mayWrite: () => boolean
  readonly signal: AbortSignal
  /** Longest time until an answer begins, milliseconds. */
  readonly patience: number
}

/** What of namespaces concerns rauth, read from and written to the API server, one object at a time. */
export interface ManagedNamespaces extends Writer {
  /** As it is at this moment, of no cache. */
  observe(namespace: string, managed: boolean): Promise<Observed>
}

export function createManagedNamespaces(options: ManagedNamespacesOptions): ManagedNamespaces {
  const { api, signal, patience, secretName, pullSecretName } = options
  const nameOf = (which: Which) => (which === 'credentials' ? secretName : pullSecretName)
  const collection = (namespace: string, kind: string) => `/api/v1/namespaces/${namespace}/${kind}`

  async function get(path: string): Promise<Mapping | undefined> {
    try {
      return await api.send('GET', path, { signal, patience })
    } catch (error) {
      if (error instanceof ApiRefusal && error.status === 404) return undefined
      throw error
    }
  }

  /** A merge patch that holds the version is refused (409) where the object has another. */
  function change(path: string, version: string, body: Mapping): Promise<Mapping> {
    const { metadata, ...rest } = body
    return api.send('PATCH', path, {
      body: { metadata: { ...(metadata as Mapping), resourceVersion: version }, ...rest },
      contentType: 'application/merge-patch+json',
      ...{ signal, patience },
    })
  }

  async function write(observed: Observed, step: Step): Promise<Observed> {
    const secrets = collection(observed.namespace, 'secrets')
    switch (step.kind) {
      case 'create': {
        const { target, type, content } = step
        const { labels, annotations, data } = content
        const metadata = { name: nameOf(target), labels, annotations }
        const body = { apiVersion: 'v1', kind: 'Secret', type, metadata, data: encoded(data) }
        const made = await api.send('POST', secrets, { body, signal, patience })
        return { ...observed, [target]: secretIn(made) }
      }
      case 'change': {
        const { target, version, content } = step
        const body = bodyOf(content)
        const changed = await change(`${secrets}/${nameOf(target)}`, version, body)
        return { ...observed, [target]: secretIn(changed) }
      }
      case 'delete': {
        const { target, uid, version } = step
        const body = { preconditions: { uid, resourceVersion: version } }
        await api.send('DELETE', `${secrets}/${nameOf(target)}`, { body, signal, patience })
        // A finalizer may hold it.
        const left = await get(`${secrets}/${nameOf(target)}`)
        return { ...observed, [target]: left && secretIn(left) }
      }
      case 'link': {
        const { account, version, pullSecrets } = step
        const path = `${collection(observed.namespace, 'serviceaccounts')}/${account}`
        const imagePullSecrets = pullSecrets.map((name) => ({ name }))
        const changed = accountIn(await change(path, version, { metadata: {}, imagePullSecrets }))
        return { ...observed, accounts: { ...observed.accounts, [account]: changed } }
      }
    }
  }

  return {
    async observe(namespace, managed) {
      const secrets = collection(namespace, 'secrets')
      const [credentials, pull, ...found] = await Promise.all([
        get(`${secrets}/${secretName}`),
        get(`${secrets}/${pullSecretName}`),
        ...options.serviceAccounts.map((name) =>
          get(`${collection(namespace, 'serviceaccounts')}/${name}`),
        ),
      ])
      const accounts = options.serviceAccounts.map((name, i) => [
        name,
        found[i] && accountIn(found[i]),
      ])
      return {
        ...{ namespace, managed },
        credentials: credentials && secretIn(credentials),
        pull: pull && secretIn(pull),
        accounts: Object.fromEntries(accounts) as Observed['accounts'],
      }
    },
    async apply(observed, step) {
      if (!options.mayWrite())
        throw new Error('another replica may write by now: nothing is written')
      return write(observed, step)
    },
  }
}

function bodyOf({ labels, annotations, data }: SecretChanges): Mapping {
  return {
    metadata: {
      ...(labels !== undefined && { labels }),
      ...(annotations !== undefined && { annotations }),
    },
    ...(data !== undefined && { data: encoded(data) }),
  }
}

function encoded(data: DataChanges): Mapping {
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, value === null ? null : toBase64(value)]),
  )
}
