import { formatInstant } from '../../instant.ts'
import type { Log } from '../../log.ts'

const DAY = 24 * 60 * 60
/** How long before a certificate ends it is spoken of. */
const AHEAD = 30 * DAY

/** A certificate that ends. */
export interface Ending {
  readonly file: string
  /** Seconds since the epoch. */
  readonly notAfter: number
  /** What to do about it. */
  readonly next: string
  /** What happens when it has ended. */
  readonly harm: string
}

/**
 * Warns of certificates that end within 30 days, once and then daily, and calls it an error when they
 * have ended. Nothing else would tell: rauth itself needs no certificate in time, but registries and
 * clients refuse what is under one that is not.
 */
export function createExpiryNotices(log: Log): (endings: readonly Ending[], at: number) => void {
  const quietUntil = new Map<string, number>()
  return (endings, at) => {
    for (const { file, notAfter, next, harm } of endings) {
      const left = notAfter - at
      // An ending of its own each, so that a new certificate is spoken of from its own beginning.
      const what = `${file} ${notAfter} ${left > 0 ? 'ends' : 'ended'}`
      if (left > AHEAD || at < (quietUntil.get(what) ?? -Infinity)) continue
      quietUntil.set(what, at + DAY)
      const fields = { file, ends: formatInstant(notAfter), next }
      if (left <= 0) log.error(fields, `certificate has ended: ${harm}`)
      else log.warn({ ...fields, days: Math.floor(left / DAY) }, 'certificate ends soon')
    }
  }
}

/** What of it has ended, in the words of a problem. */
export function endedOf(endings: readonly Ending[], at: number): string | undefined {
  const ended = endings.find(({ notAfter }) => at >= notAfter)
  if (ended === undefined) return undefined
  const { file, notAfter, harm, next } = ended
  return `${file} ended at ${formatInstant(notAfter)}: ${harm}; next: ${next}`
}
