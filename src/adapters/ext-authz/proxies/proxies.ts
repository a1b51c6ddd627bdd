import { envoyHttp } from './envoy-http.ts'
import { haproxy } from './haproxy.ts'
import { nginx } from './nginx.ts'
import type { Proxy } from './proxy.ts'
import { traefik } from './traefik.ts'

/** Proxies that can ask over HTTP, by the name that `gateway.http` has for each. */
export const PROXIES = {
  envoy: envoyHttp,
  ...{ nginx, traefik, haproxy },
} as const satisfies Readonly<Record<string, Proxy>>

export type ProxyName = keyof typeof PROXIES
