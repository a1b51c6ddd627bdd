import path from 'node:path'
import { codeOf, messageOf, RauthError } from '../../../errors.ts'
import { unreadable } from '../unreadable.ts'

export function missing(directory: string, name: string, next = initHint(directory)): RauthError {
  const file = path.join(directory, name)
  return unreadable(file, 'cannot be read: ENOENT, it is not there', next)
}

export function initHint(directory: string): string {
  return `rauth keys init --directory ${directory}`
}

/** What to do about what the system says when files can't be made. */
const REMEDIES: Readonly<Record<string, string>> = {
  EEXIST: 'somebody else made one at the same moment: try again in a second',
  ENOSPC: 'make room; nothing is left of it',
  EDQUOT: 'make room; nothing is left of it',
  EROFS: 'do it where the folder can be written; a mounted Secret is changed where it comes from',
  EACCES: 'do it as the owner of the folder',
  EPERM: 'do it as the owner of the folder',
}

/** That no key was made in a folder. */
export function notMade(directory: string, cause: unknown): RauthError {
  const next = REMEDIES[codeOf(cause) ?? ''] ?? 'see to the folder'
  const message = `no key can be made in ${directory}: ${messageOf(cause)}; next: ${next}`
  return new RauthError('ERR_KEYS_UNREADABLE', message, { cause })
}

export function toRauthError(thrown: unknown): RauthError {
  return thrown instanceof RauthError
    ? thrown
    : new RauthError('ERR_KEYS_UNREADABLE', messageOf(thrown), { cause: thrown })
}
