import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createHandshakeNotices } from '../../../src/adapters/handshake-notices.ts'

describe('createHandshakeNotices', () => {
  function start() {
    const lines: unknown[] = []
    const state = { now: 0 }
    const notice = createHandshakeNotices({ warn: (fields) => lines.push(fields) }, () => state.now)
    return { lines, state, notice }
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

  it('does not tell of who only looks whether the port is open', () => {
    const { lines, notice } = start()
    notice('token', { reason: 'closed', code: 'ECONNRESET' })
    assert.deepEqual(lines, [])
  })
})
