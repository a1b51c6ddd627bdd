/** What can keep rauth from serving. A "no" to a client is a refusal (refusal.ts), never an error. */
export type ErrorCode =
  | 'ERR_BCRYPT_UNAVAILABLE'
  | 'ERR_CONFIG_INVALID'
  | 'ERR_CREDENTIALS_UNREADABLE'
  | 'ERR_KEYS_UNREADABLE'
  | 'ERR_LISTEN'
  | 'ERR_PROTO_UNREADABLE'

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

/** The text of whatever was thrown, for a message or a log line. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}
