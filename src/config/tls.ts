import { isLoopback } from './loopback.ts'
import type { Config } from './schema.ts'

/** The listeners that can have TLS: operations is for the cluster's own probes and scrapes. */
export const TLS_LISTENERS = ['token', 'gateway', 'gatewayHttp'] as const
export type TlsListener = (typeof TLS_LISTENERS)[number]

export interface TlsFileNames {
  readonly certificate: string
  readonly key: string
  readonly clientAuthority?: string
}

/** The files of a listener; none: it is plain. */
export function tlsFilesOf(config: Config, listener: TlsListener): TlsFileNames | undefined {
  const { certificate, key, clientAuthority } = config.tls[listener]
  if (certificate === undefined || key === undefined) return undefined
  return { certificate, key, ...(clientAuthority === undefined ? {} : { clientAuthority }) }
}

/** Listeners over which tokens and passwords come from other machines in the clear. */
export function plainListeners(
  config: Config,
  listeners: readonly TlsListener[],
): readonly TlsListener[] {
  return listeners.filter(
    (name) => tlsFilesOf(config, name) === undefined && !isLoopback(config.listen[name].host),
  )
}
