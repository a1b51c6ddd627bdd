import { NAMESPACE_NAME } from './namespace-name.ts'
import { OBJECT_NAME } from './object-name.ts'

/** Who a Kubernetes ServiceAccount is. */
export interface ServiceAccount {
  readonly namespace: string
  readonly name: string
}

const USERNAME = /^system:serviceaccount:([^:]*):([^:]*)$/

/** `system:serviceaccount:NAMESPACE:NAME`, as Kubernetes calls it; no user name of Basic credentials has a colon. */
export function formatServiceAccount({ namespace, name }: ServiceAccount): string {
  return `system:serviceaccount:${namespace}:${name}`
}

export function parseServiceAccount(text: string): ServiceAccount | undefined {
  const [, namespace = '', name = ''] = USERNAME.exec(text) ?? []
  return NAMESPACE_NAME.test(namespace) && OBJECT_NAME.test(name) ? { namespace, name } : undefined
}

const OF_API_SERVER = /^(https:\/\/)?kubernetes\.default(\.svc(\.cluster\.local)?)?$/

/** Whether an audience is what the API server's own tokens are for in most clusters: who has one may act as the pod. */
export function isOfApiServer(audience: string): boolean {
  return OF_API_SERVER.test(audience)
}
