import type { Api, Json } from './api.ts'

const base64 = (value: string | Buffer) => Buffer.from(value).toString('base64')

export type SecretValues = Readonly<Record<string, string | Buffer>>

export interface SecretMetadata {
  readonly labels?: Readonly<Record<string, string>>
  readonly finalizers?: readonly string[]
  readonly annotations?: Readonly<Record<string, string>>
}

/** The credential Secret of namespaces, as whoever may do everything has it made. */
export interface Secrets {
  /** Makes the namespace if it is not there. */
  namespace(name: string): Promise<void>
  create(namespace: string, values: SecretValues, metadata?: SecretMetadata): Promise<Json>
  replace(namespace: string, values: SecretValues, metadata?: SecretMetadata): Promise<Json>
  remove(namespace: string): Promise<void>
}

export function secretsOf(api: Api, name = 'registry-credentials'): Secrets {
  const collection = (namespace: string) => `/api/v1/namespaces/${namespace}/secrets`
  const bodyOf = (values: SecretValues, metadata: SecretMetadata = {}) => ({
    metadata: { name, ...metadata },
    data: Object.fromEntries(
      Object.entries(values).map(([key, value]) => [key, base64(value)] as const),
    ),
  })
  return {
    async namespace(named) {
      await api.send('POST', '/api/v1/namespaces', { metadata: { name: named } })
    },
    create: (namespace, values, metadata) =>
      api.expect('POST', collection(namespace), bodyOf(values, metadata)),
    replace: (namespace, values, metadata) =>
      api.expect('PUT', `${collection(namespace)}/${name}`, bodyOf(values, metadata)),
    async remove(namespace) {
      await api.expect('DELETE', `${collection(namespace)}/${name}`)
    },
  }
}
