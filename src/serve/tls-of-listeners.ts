import { createFileTls, type FileTls, type FileTlsOptions } from '../adapters/file/tls/tls-store.ts'
import { createHandshakeNotices } from '../adapters/handshake-notices.ts'
import type { HealthPart } from '../adapters/ops/health.ts'
import type { Metrics } from '../adapters/ops/metrics.ts'
import type { ListenerTls } from '../adapters/tls.ts'
import type { Config } from '../config/schema.ts'
import { tlsFilesOf, type TlsListener } from '../config/tls.ts'

export interface TlsOfListenersOptions extends Pick<FileTlsOptions, 'clock' | 'log'> {
  readonly config: Config
  readonly metrics: Metrics
  /** Milliseconds, going forwards. */
  readonly timer: () => number
}

/** TLS as it is configured, of each listener that is opened. */
export interface TlsOfListeners {
  /** Reads the files of a listener, and from then on watches them; nothing if it is to be plain. */
  open(listener: TlsListener): Promise<ListenerTls | undefined>
  /** The files of each that is open. */
  health(): readonly HealthPart[]
  close(): void
}

export function createTlsOfListeners(options: TlsOfListenersOptions): TlsOfListeners {
  const { config, clock, log, metrics } = options
  const opened = new Map<TlsListener, FileTls>()
  const notice = createHandshakeNotices(log, options.timer)
  metrics.observeTls(() => {
    const ends = [...opened].map(([listener, tls]) => [listener, tls.ends()] as const)
    return {
      certificates: new Map(ends.map(([listener, { certificate }]) => [listener, certificate])),
      authorities: new Map(
        ends.flatMap(([listener, { clientAuthority: end }]) =>
          end === undefined ? [] : [[listener, end]],
        ),
      ),
    }
  })
  metrics.observeReload('tls', () =>
    [...opened.values()].map((tls) => tls.problem()).find((problem) => problem !== undefined),
  )
  return {
    async open(listener) {
      const files = tlsFilesOf(config, listener)
      if (files === undefined) return undefined
      const onFailure = () => {
        metrics.tlsReloadFailed(listener)
      }
      const tls = await createFileTls({ ...{ listener, files, clock, log }, onFailure })
      opened.set(listener, tls)
      return {
        ...tls,
        onHandshakeFailure(failure) {
          metrics.tlsHandshakeFailed(listener, failure.reason)
          notice(listener, failure)
        },
      }
    },
    health: () =>
      [...opened].map(([listener, tls]) => ({
        ...{ name: `tls.${listener}`, trouble: () => tls.problem() },
      })),
    close() {
      for (const tls of opened.values()) tls.close()
    },
  }
}
