import { constants } from 'node:crypto'
import type { SecureContextOptions, Server, TlsOptions } from 'node:tls'
import type { Redacted } from '../redacted.ts'
import { readHandshakeFailure, type HandshakeFailure } from './handshake-failure.ts'

/** What a listener shows its clients, and whom it takes; all of it PEM. */
export interface TlsMaterial {
  /** The leaf, then any intermediates. */
  readonly certificate: string
  readonly key: Redacted<string>
  /** CAs: a client must show a certificate under one of them. */
  readonly clientAuthority?: string
}

/** The TLS of a listener. What it is made of changes while the listener is open. */
export interface ListenerTls {
  /** Of now. Whether there is a `clientAuthority` never changes. */
  current(): TlsMaterial
  /** Calls back with each that follows. */
  follow(use: (material: TlsMaterial) => void): void
  /** Told of each connection that got no further than its handshake. */
  readonly onHandshakeFailure?: ((failure: HandshakeFailure) => void) | undefined
}

/** How long a client may take for its handshake, milliseconds; Node would wait two minutes. */
const HANDSHAKE_TIMEOUT = 10_000

/** For Node's `setSecureContext`, which forgets what is not said again. */
export function contextOptions({
  certificate,
  key,
  clientAuthority,
}: TlsMaterial): SecureContextOptions {
  return {
    cert: certificate,
    key: key.reveal(),
    // Without it Node would take client certificates of any public CA: none are asked for then.
    ...(clientAuthority === undefined ? {} : { ca: clientAuthority }),
    // Said here, NODE_OPTIONS such as --tls-min-v1.0 do not change it.
    minVersion: 'TLSv1.2',
    // A handshake costs the server far more than the client.
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
  }
}

/** To make a server with; ciphers are Node's. */
export function serverOptions(tls: ListenerTls): TlsOptions {
  const material = tls.current()
  return {
    ...contextOptions(material),
    requestCert: material.clientAuthority !== undefined,
    rejectUnauthorized: true,
    handshakeTimeout: HANDSHAKE_TIMEOUT,
  }
}

/**
 * Gives a server that was made with `serverOptions` each material that follows, and tells of handshakes that
 * fail. Connections that are open go on with what they began with.
 */
export function followTls(server: Pick<Server, 'setSecureContext' | 'on'>, tls: ListenerTls): void {
  server.on('tlsClientError', (error, { authorizationError }) => {
    // Node's types have an Error there, and Node the code of one.
    const refused: unknown = authorizationError
    const code = typeof refused === 'string' ? refused : undefined
    tls.onHandshakeFailure?.(readHandshakeFailure(error, code))
  })
  tls.follow((material) => {
    server.setSecureContext(contextOptions(material))
  })
}
