import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { REASONS, refusalKind } from '../../src/refusal.ts'

describe('refusal table', () => {
  for (const reason of REASONS) {
    const kind = refusalKind(reason)

    it(`${reason}: is never an HTTP success, nor the gRPC code for OK`, () => {
      assert.ok(kind.http >= 400 && kind.http <= 599)
      assert.ok(kind.grpc > 0)
    })

    it(`${reason}: names a Bearer error only on a 401`, () => {
      if (kind.bearer !== undefined) assert.equal(kind.http, 401)
    })

    it(`${reason}: tells the client in one printable line`, () => {
      assert.match(kind.message, /^[\x20-\x7e]{8,160}$/)
    })
  }

  it('logs what rauth could not decide above what it decided', () => {
    for (const reason of REASONS) {
      const { http, level } = refusalKind(reason)
      assert.equal(level !== 'info', http >= 500, reason)
    }
  })
})
