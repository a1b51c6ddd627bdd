import { formatInstant } from '../instant.ts'
import type { LoginTrouble } from '../login-cause.ts'
import type { Credential } from './credential.ts'
import { isLive } from './live.ts'

/** Whoever writes Secrets with the user names of others must not make long records. */
const MOST = 3

/**
 * Which of the credentials are not good at a time, and since or until when; undefined: all are.
 *
 * @param now Seconds since the epoch.
 */
export function outOfTime(
  credentials: readonly Pick<Credential, 'id' | 'notBefore' | 'notAfter'>[],
  now: number,
): LoginTrouble | undefined {
  const odd = credentials.filter((one) => !isLive(one, now))
  if (odd.length === 0) return undefined
  const words = [...new Set(odd.slice(0, MOST).map((one) => wordsOf(one, now)))]
  const left = odd.length > MOST ? [`${odd.length - MOST} more`] : []
  return { cause: 'credential_out_of_time', words: [...words, ...left].join(', ') }
}

/** What is told of the password of a credential that ended, where another of that user name goes on. */
export function passwordEnded({
  id,
  notAfter = 0,
}: Pick<Credential, 'id' | 'notAfter'>): LoginTrouble {
  return {
    cause: 'password_ended',
    words: `it is one of ${id} that ended at ${formatInstant(notAfter)}`,
  }
}

function wordsOf(
  { id, notBefore, notAfter }: Pick<Credential, 'id' | 'notBefore' | 'notAfter'>,
  now: number,
): string {
  return notBefore !== undefined && now < notBefore
    ? `that of ${id} begins at ${formatInstant(notBefore)}`
    : `that of ${id} ended at ${formatInstant(notAfter ?? now)}`
}
