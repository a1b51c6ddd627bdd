import path from 'node:path'
import type { Clock } from '../../../clock.ts'
import { messageOf, RauthError } from '../../../errors.ts'
import { formatInstant } from '../../../instant.ts'
import type { Log } from '../../../log.ts'
import type { ListenerTls, TlsMaterial } from '../../tls.ts'
import { createExpiryNotices, type Ending } from '../expiry-notices.ts'
import { createReloads } from '../reloads.ts'
import { readTlsPair, type TlsFiles, type TlsPair } from './tls-pair.ts'
import { createTrouble } from '../trouble.ts'
import { watchDirectory, type WatchOptions } from '../watch.ts'

export interface FileTlsOptions extends WatchOptions {
  /** For the log. */
  readonly listener: string
  readonly files: TlsFiles
  readonly clock: Clock
  readonly log: Log
  /** Called once for each state of the files that can't be used. */
  readonly onFailure: () => void
}

export interface FileTls extends ListenerTls {
  /** What is wrong with the files, if anything is. */
  problem(): string | undefined
  /** When the certificate ends, and the CA of the clients; seconds since the epoch. */
  ends(): { readonly certificate: number; readonly clientAuthority?: number }
  /** Stops watching; what was loaded stays. */
  close(): void
}

/**
 * The TLS of a listener from files, read again when their folders change. At the start they must be
 * good. Later what can't be used is told loudly, and what was there before stays: also the certificate
 * that has ended, whose clients tell more than a closed port.
 */
export async function createFileTls(options: FileTlsOptions): Promise<FileTls> {
  const { listener, files, clock, log } = options
  const noticeExpiry = createExpiryNotices(log)
  const followers: ((material: TlsMaterial) => void)[] = []
  const reloads = createReloads(load, (error) => {
    trouble.lasts(messageOf(error), `TLS files cannot be read again: ${messageOf(error)}`)
  })
  const trouble = createTrouble({
    lookAgain: reloads.request,
    tell(error) {
      options.onFailure()
      log.error({ listener, error }, 'TLS files that cannot be used: those of before stay')
    },
  })
  let pair: TlsPair

  async function load(): Promise<void> {
    noticeExpiry(endingsOf(files, pair), clock())
    let next: TlsPair
    try {
      next = await readTlsPair(files, clock())
    } catch (thrown) {
      trouble.found(messageOf(thrown), messageOf(thrown))
      return
    }
    if (trouble.over()) log.info({ listener }, 'TLS files can be used again')
    if (next.id === pair.id) return
    pair = next
    for (const use of followers) use(pair)
    noticeExpiry(endingsOf(files, pair), clock())
    tellLoaded()
  }

  function tellLoaded(): void {
    const { fingerprint, notAfter } = pair
    log.info({ listener, fingerprint, ends: formatInstant(notAfter) }, 'TLS certificate loaded')
  }

  // Watched before they are read, so that no change falls in between.
  const folders = new Set(Object.values(files).map((file: string) => path.dirname(file)))
  const watches = [...folders].map((folder) => watchDirectory(folder, reloads.request, options))
  function close(): void {
    reloads.close()
    trouble.close()
    for (const watch of watches) watch.close()
  }
  try {
    await reloads.first(async () => {
      pair = await readTlsPair(files, clock())
      noticeExpiry(endingsOf(files, pair), clock())
      tellLoaded()
    })
  } catch (error) {
    close()
    // Those of another listener may be good.
    if (!(error instanceof RauthError)) throw error
    throw new RauthError(error.code, `tls.${listener}: ${error.message}`, { cause: error })
  }

  return {
    current: () => pair,
    follow(use) {
      followers.push(use)
    },
    problem: () => trouble.problem(),
    ends() {
      const { notAfter: certificate, authorityNotAfter } = pair
      return authorityNotAfter === undefined
        ? { certificate }
        : { certificate, clientAuthority: authorityNotAfter }
    },
    close,
  }
}

function endingsOf(files: TlsFiles, pair: TlsPair): readonly Ending[] {
  const { notAfter, authorityNotAfter } = pair
  const next = 'put a new one there: it is taken without a restart'
  const endings: Ending[] = [
    { file: files.certificate, notAfter, next, harm: 'clients refuse to connect' },
  ]
  if (files.clientAuthority === undefined || authorityNotAfter === undefined) return endings
  const ending = { file: files.clientAuthority, notAfter: authorityNotAfter, next }
  return [...endings, { ...ending, harm: 'no client certificate is good any more' }]
}
