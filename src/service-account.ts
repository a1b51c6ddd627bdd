import { NAMESPACE_NAME } from './namespace-name.ts'

/** Who a Kubernetes ServiceAccount is. */
export interface ServiceAccount {
  readonly namespace: string
  readonly name: string
}

const USERNAME = /^system:serviceaccount:([^:]*):([^:]*)$/

/** A DNS subdomain (RFC 1123), as the names of most objects are. */
const NAME = /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/

/** `system:serviceaccount:NAMESPACE:NAME`, as Kubernetes calls it; no user name of Basic credentials has a colon. */
export function formatServiceAccount({ namespace, name }: ServiceAccount): string {
  return `system:serviceaccount:${namespace}:${name}`
}

export function parseServiceAccount(text: string): ServiceAccount | undefined {
  const [, namespace = '', name = ''] = USERNAME.exec(text) ?? []
  return NAMESPACE_NAME.test(namespace) && NAME.test(name) ? { namespace, name } : undefined
}

const OF_API_SERVER = /^(https:\/\/)?kubernetes\.default(\.svc(\.cluster\.local)?)?$/

/** Whether an audience is what the API server's own tokens are for in most clusters: who has one may act as the pod. */
export function isOfApiServer(audience: string): boolean {
  return OF_API_SERVER.test(audience)
}
