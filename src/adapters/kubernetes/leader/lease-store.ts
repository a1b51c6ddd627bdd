import type { Api } from '../api.ts'
import { ApiRefusal } from '../api-refusal.ts'
import { leaseIn, withRecord, type Lease, type LeaseRecord } from './lease.ts'

export interface LeaseStoreOptions {
  readonly api: Api
  readonly namespace: string
  readonly name: string
  /** Longest time until an answer begins, milliseconds. */
  readonly patience: number
}

/** One Lease at the API server. */
export interface LeaseStore {
  /** Undefined: there is none. */
  read(signal: AbortSignal): Promise<Lease | undefined>
  /**
   * Makes it, or changes it if nobody else did since it was read. Rejects else with an ApiRefusal (`AlreadyExists`,
   * `Conflict`, `NotFound`).
   */
  write(before: Lease | undefined, record: LeaseRecord, signal: AbortSignal): Promise<Lease>
}

export function createLeaseStore(options: LeaseStoreOptions): LeaseStore {
  const { api, namespace, name, patience } = options
  const type = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease' }
  const collection = `/apis/${type.apiVersion}/namespaces/${namespace}/leases`
  const path = `${collection}/${name}`
  return {
    async read(signal) {
      try {
        return leaseIn(await api.send('GET', path, { signal, patience }))
      } catch (error) {
        if (error instanceof ApiRefusal && error.status === 404) return undefined
        throw error
      }
    },
    async write(before, record, signal) {
      const made = { ...type, metadata: { name, namespace } }
      const body = withRecord(before?.object ?? made, record)
      return leaseIn(
        before === undefined
          ? await api.send('POST', collection, { body, signal, patience })
          : await api.send('PUT', path, { body, signal, patience }),
      )
    },
  }
}

/** Whether a write was refused because the Lease is not as it was read. */
export function isOutdated(error: unknown): boolean {
  return error instanceof ApiRefusal && [404, 409].includes(error.status)
}
