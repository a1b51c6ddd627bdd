import { TLS_LISTENERS, type TlsListener } from '../config/tls.ts'

/** Which of the halves a process runs. */
export type Role = 'all' | 'token' | 'gateway'

/** What clients and Envoy reach of each. */
export const LISTENERS: Readonly<Record<Role, readonly TlsListener[]>> = {
  all: TLS_LISTENERS,
  token: ['token'],
  gateway: ['gateway', 'gatewayHttp'],
}
