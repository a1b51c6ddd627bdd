import { visible } from '../../printable.ts'
import { codeOf, messageOf, RauthError } from '../../errors.ts'

/** What to do about a file that can't be read; `otherwise` when the cause is another than missing rights. */
export function remedyFor(cause: unknown, otherwise: string): string {
  const code = codeOf(cause)
  return code === 'EACCES' || code === 'EPERM'
    ? 'let the user that rauth runs as read it (chmod, chown; in a pod fsGroup)'
    : otherwise
}

/** A key, or what belongs to it, that can't be used: what, why, and what to do. */
export function unreadable(what: string, wrong: string, next: string): RauthError {
  return new RauthError('ERR_KEYS_UNREADABLE', visible(`${what} ${wrong}; next: ${next}`))
}

/** The same for what the system refuses to read; `otherwise` as for {@link remedyFor}. */
export function cannotBeRead(what: string, cause: unknown, otherwise: string): RauthError {
  return unreadable(what, `cannot be read: ${messageOf(cause)}`, remedyFor(cause, otherwise))
}
