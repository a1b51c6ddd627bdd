import type { Log } from '../log.ts'
import type { HandshakeFailure, HandshakeReason } from './handshake-failure.ts'
import { createLogRation } from './log-ration.ts'

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

/** Certificates that are not good at the time of whoever looks: the right CA does not help there. */
const BY_TIME: readonly (readonly [HandshakeReason, RegExp, string])[] = [
  [
    'certificate_refused',
    /_CERTIFICATE_EXPIRED$/,
    'to a client the certificate is out of its time; next: put a new one there, or set the clock of the client',
  ],
  [
    'client_certificate_refused',
    /^CERT_(?:HAS_EXPIRED|NOT_YET_VALID)$/,
    'the certificate of a client is out of its time; next: give the client a new one, or set the clock of this machine',
  ],
]

function wordsFor({ reason, code }: HandshakeFailure): string | undefined {
  const late = BY_TIME.find(([of, codes]) => of === reason && codes.test(code))
  return late?.[2] ?? WORDS[reason]
}

/** Milliseconds in which the same words are told of one listener once: strangers must not fill the log. */
const QUIET = 60_000

/** Warns of handshakes that failed. `timer`: milliseconds, going forwards. */
export function createHandshakeNotices(
  log: Pick<Log, 'warn'>,
  timer: () => number,
): (listener: string, failure: HandshakeFailure) => void {
  const ration = createLogRation({ lines: 1, window: QUIET, timer })
  return (listener, failure) => {
    const { reason, code } = failure
    const words = wordsFor(failure)
    if (words === undefined) return
    const share = ration(`${listener} ${words}`)
    if (share === undefined) return
    const more = share.more === 0 ? {} : { moreBefore: share.more }
    log.warn({ listener, reason, code, ...more }, words)
  }
}
