import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createHandshakeNotices } from '../../../src/adapters/handshake-notices.ts'

describe('createHandshakeNotices', () => {
  function start() {
    const lines: unknown[] = []
    const state = { now: 0 }
    const said: string[] = []
    const warn = (fields: object, words: string) => {
      lines.push(fields)
      said.push(words)
    }
    const notice = createHandshakeNotices({ warn }, () => state.now)
    return { lines, said, state, notice }
  }

  it('tells of each reason of a listener once a minute, and how many more there were', () => {
    const { lines, state, notice } = start()
    const failure = { reason: 'no_tls', code: 'ERR_SSL_HTTP_REQUEST' } as const
    for (let i = 0; i < 5; i += 1) notice('token', failure)
    notice('gateway', failure)
    notice('token', { reason: 'other', code: 'X' })
    assert.deepEqual(lines, [
      { listener: 'token', ...failure },
      { listener: 'gateway', ...failure },
      { listener: 'token', reason: 'other', code: 'X' },
    ])
    state.now = 60_000
    notice('token', failure)
    notice('gateway', failure)
    assert.deepEqual(lines.slice(3), [
      { listener: 'token', ...failure, moreBefore: 4 },
      { listener: 'gateway', ...failure },
    ])
  })

  const LATE = [
    [
      'certificate_refused',
      'ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED',
      /to a client .+ out of its time/,
    ],
    ['certificate_refused', 'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', /does not trust .+ give it the CA/],
    ['client_certificate_refused', 'CERT_HAS_EXPIRED', /of a client is out of its time/],
    ['client_certificate_refused', 'CERT_NOT_YET_VALID', /of a client is out of its time/],
    ['client_certificate_refused', 'SELF_SIGNED_CERT_IN_CHAIN', /not one under clientAuthority/],
  ] as const
  for (const [reason, code, words] of LATE) {
    it(`says of ${code} whether the CA or the time is wrong`, () => {
      const { said, notice } = start()
      notice('token', { reason, code })
      assert.match(said.join(), words)
    })
  }

  it('does not tell of who only looks whether the port is open', () => {
    const { lines, notice } = start()
    notice('token', { reason: 'closed', code: 'ECONNRESET' })
    assert.deepEqual(lines, [])
  })
})
