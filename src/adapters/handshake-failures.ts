import type { Log } from '../log.ts'

/** Why a TLS handshake failed: a label of a metric, so there are no others. */
export type HandshakeReason =
  | 'no_tls'
  | 'nothing_in_common'
  | 'certificate_refused'
  | 'client_certificate_missing'
  | 'client_certificate_refused'
  | 'timeout'
  | 'closed'
  | 'other'

export interface HandshakeFailure {
  readonly reason: HandshakeReason
  /** The code of Node or OpenSSL. */
  readonly code: string
}

const BY_CODE: ReadonlyMap<string, HandshakeReason> = new Map([
  ['ERR_SSL_HTTP_REQUEST', 'no_tls'],
  ['ERR_SSL_HTTPS_PROXY_REQUEST', 'no_tls'],
  // The first bytes are no record of TLS.
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'no_tls'],
  ['ERR_SSL_PACKET_LENGTH_TOO_LONG', 'no_tls'],
  ['ERR_SSL_UNSUPPORTED_PROTOCOL', 'nothing_in_common'],
  ['ERR_SSL_NO_SHARED_CIPHER', 'nothing_in_common'],
  ['ERR_SSL_NO_APPLICATION_PROTOCOL', 'nothing_in_common'],
  ['ERR_SSL_NO_SUITABLE_SIGNATURE_ALGORITHM', 'nothing_in_common'],
  ['ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE', 'client_certificate_missing'],
  ['ERR_TLS_HANDSHAKE_TIMEOUT', 'timeout'],
  ['ECONNRESET', 'closed'],
])

/** An alert by which a client says what it thinks of the certificate, RFC 8446 §6.2. */
const CERTIFICATE_ALERT =
  /_ALERT_(?:UNKNOWN_CA|BAD_CERTIFICATE|CERTIFICATE_UNKNOWN|CERTIFICATE_EXPIRED|UNSUPPORTED_CERTIFICATE|CERTIFICATE_REVOKED)$/

/**
 * What Node's `tlsClientError` says. `refused`: why the certificate of the client is not taken, of which the
 * error itself says nothing.
 */
export function readHandshakeFailure(
  error: NodeJS.ErrnoException,
  refused: string | undefined,
): HandshakeFailure {
  if (refused !== undefined) return { reason: 'client_certificate_refused', code: refused }
  const code = error.code ?? 'unknown'
  if (CERTIFICATE_ALERT.test(code)) return { reason: 'certificate_refused', code }
  return { reason: BY_CODE.get(code) ?? 'other', code }
}

const WORDS: Readonly<Record<HandshakeReason, string | undefined>> = {
  no_tls: 'what a client sent is no TLS; next: let it use TLS, or take it from the listener',
  nothing_in_common:
    'a client has no TLS version, cipher or application protocol that rauth has; it has TLS 1.2 and 1.3',
  certificate_refused:
    'a client does not trust the certificate; next: give it the CA, or a certificate for the name that it uses',
  client_certificate_missing: 'a client shows no certificate, and clientAuthority asks for one',
  client_certificate_refused: 'the certificate of a client is not one under clientAuthority',
  timeout: 'a client did not finish its TLS handshake in time',
  // A probe of the port does that every few seconds.
  closed: undefined,
  other: 'a TLS handshake failed',
}

/** Milliseconds in which one reason of one listener is told once: strangers must not fill the log. */
const QUIET = 60_000

/** Warns of handshakes that failed. `timer`: milliseconds, going forwards. */
export function createHandshakeNotices(
  log: Pick<Log, 'warn'>,
  timer: () => number,
): (listener: string, failure: HandshakeFailure) => void {
  const told = new Map<string, { readonly at: number; more: number }>()
  return (listener, { reason, code }) => {
    const words = WORDS[reason]
    if (words === undefined) return
    const key = `${listener} ${reason}`
    const before = told.get(key)
    const now = timer()
    if (before !== undefined && now - before.at < QUIET) {
      before.more += 1
      return
    }
    told.set(key, { at: now, more: 0 })
    const more = before === undefined || before.more === 0 ? {} : { moreBefore: before.more }
    log.warn({ listener, reason, code, ...more }, words)
  }
}
