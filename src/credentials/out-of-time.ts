import { formatInstant } from '../instant.ts'
import type { Credential } from './credential.ts'
import { isLive } from './live.ts'

/** Whoever writes Secrets with the user names of others must not make long records. */
const MOST = 3

/**
 * Which of the credentials are not good at a time, and since or until when, in words; undefined: all are. For the
 * record alone, as what of a Secret can't be used.
 *
 * @param now Seconds since the epoch.
 */
export function outOfTime(
  credentials: readonly Pick<Credential, 'id' | 'notBefore' | 'notAfter'>[],
  now: number,
): string | undefined {
  const odd = credentials.filter((one) => !isLive(one, now))
  if (odd.length === 0) return undefined
  const words = [...new Set(odd.slice(0, MOST).map((one) => wordsOf(one, now)))]
  const left = odd.length > MOST ? [`${odd.length - MOST} more`] : []
  return [...words, ...left].join(', ')
}

function wordsOf(
  { id, notBefore, notAfter }: Pick<Credential, 'id' | 'notBefore' | 'notAfter'>,
  now: number,
): string {
  return notBefore !== undefined && now < notBefore
    ? `that of ${id} begins at ${formatInstant(notBefore)}`
    : `that of ${id} ended at ${formatInstant(notAfter ?? now)}`
}
