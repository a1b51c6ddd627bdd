import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { REASONS, refusalKind } from '../../../src/refusal.ts'
import { errorBody } from '../../../src/registry/error-body.ts'

describe('errorBody', () => {
  for (const reason of REASONS) {
    it(`says ${reason} in the words of the table`, () => {
      const { code, message } = refusalKind(reason)
      assert.deepEqual(errorBody({ reason }, 'id-1'), {
        errors: [{ code, message, detail: { reason, decision: 'id-1' } }],
      })
    })
  }

  it('has the words of the rule that denied in place of the usual explanation', () => {
    const body = errorBody({ reason: 'access_denied', told: 'releases are pushed by CI' }, 'id-1')
    assert.equal(
      body.errors[0]?.message,
      'requested access to the resource is denied: releases are pushed by CI',
    )
  })

  it('keeps what is for the log out of the answer', () => {
    const body = errorBody({ reason: 'path_invalid', detail: 'canary', scope: 'canary' }, 'id-1')
    assert.doesNotMatch(JSON.stringify(body), /canary/)
  })
})
