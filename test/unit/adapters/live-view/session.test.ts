import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  createSession,
  isSession,
  isToken,
  SESSION,
  sessionIn,
} from '../../../../src/adapters/live-view/session.ts'
import { Redacted } from '../../../../src/redacted.ts'

const TOKEN = new Redacted('a token of more than twenty characters')
const NOW = 1_800_000_000

describe('a session of the live view', () => {
  const session = createSession(TOKEN, NOW)

  it('lasts as long as it says, and no longer', () => {
    assert.equal(isSession(TOKEN, session, NOW), true)
    assert.equal(isSession(TOKEN, session, NOW + SESSION - 1), true)
    assert.equal(isSession(TOKEN, session, NOW + SESSION), false)
  })

  it('is over with another token', () => {
    assert.equal(isSession(new Redacted('another token, long enough'), session, NOW), false)
  })

  const [until = '', seal = ''] = session.split('.')
  for (const forged of [
    '',
    '.',
    until,
    `${Number(until) + 1}.${seal}`,
    `${until}.${seal}.`,
    `${until}.${seal.slice(1)}`,
    `0${until}.${seal}`,
    `1e99.${seal}`,
    `${until}.${'ü'.repeat(seal.length)}`,
  ]) {
    it(`is not ${JSON.stringify(forged)}`, () => {
      assert.equal(isSession(TOKEN, forged, NOW), false)
    })
  }

  it('holds nothing of the token', () => {
    assert.ok(!session.includes('token'))
  })

  it('knows the token', () => {
    assert.deepEqual(
      [isToken(TOKEN, TOKEN.reveal()), isToken(TOKEN, 'x'), isToken(TOKEN, '')],
      [...[true, false, false]],
    )
  })

  it('is found among other cookies', () => {
    assert.equal(sessionIn('a=b; rauth_live_view=1.x; c=d'), '1.x')
    assert.equal(sessionIn('not_rauth_live_view=1.x'), undefined)
    assert.equal(sessionIn(undefined), undefined)
  })
})
