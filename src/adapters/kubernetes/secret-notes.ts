import type { Clock } from '../../clock.ts'
import { endedNote } from '../../credentials/standing.ts'
import type { Log } from '../../log.ts'
import { createLogRation } from '../log-ration.ts'
import type { SecretChange } from './secret-cache.ts'

/**
 * Lines at once, and then again in so many milliseconds: a namespace that changes its Secret all the time
 * must not fill the log.
 */
const BURST = 40
const WINDOW = 60_000

export interface SecretNotesOptions {
  readonly log: Log
  readonly clock: Clock
  /** Milliseconds, going forwards. */
  readonly timer: () => number
}

/** Says in the log what becomes of Secrets, and no more of it than somebody can read. */
export function createSecretNotes({
  log,
  clock,
  timer,
}: SecretNotesOptions): (change: SecretChange) => void {
  const ration = createLogRation({ lines: BURST, window: WINDOW, timer })

  function say(level: 'info' | 'warn' | 'error', fields: object, message: string): void {
    const share = ration('Secrets')
    if (share === undefined) return
    if (share.more > 0) log.warn({ more: share.more }, 'more of Secrets than the log has')
    log[level](fields, message)
  }

  return ({ state: { namespace, reading }, gone, by }) => {
    const whose = namespace === '' ? {} : { namespace }
    if (gone) {
      say('info', whose, 'Secret gone: its credentials are revoked')
    } else if (reading.kind === 'problem') {
      say(
        'error',
        { ...whose, problem: reading.problem },
        'Secret unusable: its namespace is disabled',
      )
    } else if (reading.kind === 'credentials') {
      for (const warning of reading.warnings) say('warn', whose, warning)
      const ended = endedNote(reading.credentials, clock())
      if (ended !== undefined) say('warn', whose, ended)
      // A list has thousands.
      if (by === 'event') {
        say('info', { ...whose, credentials: reading.credentials.length }, 'Secret taken up')
      }
    }
  }
}
