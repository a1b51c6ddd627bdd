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
