import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readHandshakeFailure } from '../../../src/adapters/handshake-failure.ts'

const failed = (code: string, refused?: string) =>
  readHandshakeFailure(Object.assign(new Error('failed'), { code }), refused).reason

describe('readHandshakeFailure', () => {
  const cases: readonly (readonly [code: string, reason: string])[] = [
    ['ERR_TLS_HANDSHAKE_TIMEOUT', 'timeout'],
    ['ECONNRESET', 'closed'],
    ['ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE', 'certificate_refused'],
    ['ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE', 'other'],
    ['ERR_SSL_OF_NEXT_YEAR', 'other'],
  ]
  for (const [code, reason] of cases) {
    it(`takes ${code} for ${reason}`, () => {
      assert.equal(failed(code), reason)
    })
  }

  it('goes by what Node has against the certificate of the client', () => {
    assert.equal(failed('ECONNRESET', 'CERT_HAS_EXPIRED'), 'client_certificate_refused')
  })
})
