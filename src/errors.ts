import { visible } from './printable.ts'

/** What can keep rauth from serving, or a command from its answer. A "no" to a client is a refusal (refusal.ts), never an error. */
export type ErrorCode =
  | 'ERR_AUDIT_UNWRITABLE'
  | 'ERR_BCRYPT_UNAVAILABLE'
  | 'ERR_CONFIG_INVALID'
  | 'ERR_CREDENTIALS_UNREADABLE'
  | 'ERR_DECISION_UNKNOWN'
  | 'ERR_KEYS_UNREADABLE'
  | 'ERR_LISTEN'
  | 'ERR_REFUSED'
  | 'ERR_UNANSWERED'
  | 'ERR_UNREACHABLE'
  | 'ERR_USAGE'

/**
 * An operator's error: the message says what, where, why and what to do next, and holds no secret.
 */
export class RauthError extends Error {
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'RauthError'
    this.code = code
  }
}

/** What the system calls an error: `ENOENT`, `EEXIST`, …; of anything else that was thrown, nothing. */
export function codeOf(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error && 'code' in thrown)) return undefined
  return typeof thrown.code === 'string' ? thrown.code : undefined
}

/** The text of whatever was thrown, for a message or a log line. The system's may hold the name of any file. */
export function messageOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown)
  const isOwn = thrown instanceof RauthError || codeOf(thrown) === undefined
  return isOwn ? thrown.message : visible(thrown.message)
}
