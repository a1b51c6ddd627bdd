import path from 'node:path'
import { messageOf, RauthError } from '../../errors.ts'

/** Something of a key folder that can't be used: what, why, and what to do. */
export function unreadable(what: string, wrong: string, next: string): RauthError {
  return new RauthError('ERR_KEYS_UNREADABLE', `${what} ${wrong}; next: ${next}`)
}

export function missing(directory: string, name: string, next = initHint(directory)): RauthError {
  const file = path.join(directory, name)
  return unreadable(file, 'cannot be read: ENOENT, it is not there', next)
}

export function initHint(directory: string): string {
  return `rauth keys init --directory ${directory}`
}

export function toRauthError(thrown: unknown): RauthError {
  return thrown instanceof RauthError
    ? thrown
    : new RauthError('ERR_KEYS_UNREADABLE', messageOf(thrown), { cause: thrown })
}
