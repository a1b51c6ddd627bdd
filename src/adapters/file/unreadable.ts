import { RauthError } from '../../errors.ts'

/** A key, or what belongs to it, that can't be used: what, why, and what to do. */
export function unreadable(what: string, wrong: string, next: string): RauthError {
  return new RauthError('ERR_KEYS_UNREADABLE', `${what} ${wrong}; next: ${next}`)
}
