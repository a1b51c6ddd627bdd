import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { codeOf, RauthError } from '../../src/errors.ts'

describe('codeOf', () => {
  it('is what the system calls an error', () => {
    try {
      readFileSync('/nowhere')
      assert.fail('it is there')
    } catch (thrown) {
      assert.equal(codeOf(thrown), 'ENOENT')
    }
    assert.equal(codeOf(new RauthError('ERR_LISTEN', 'taken')), 'ERR_LISTEN')
  })

  it('is nothing where there is none, or a number as gRPC has it', () => {
    assert.equal(codeOf(new Error('plain')), undefined)
    assert.equal(codeOf(Object.assign(new Error('gone'), { code: 14 })), undefined)
  })

  for (const thrown of [{ code: 'ENOENT' }, 'ENOENT', null, undefined]) {
    it(`is nothing of ${JSON.stringify(thrown)}, which is no error`, () => {
      assert.equal(codeOf(thrown), undefined)
    })
  }
})
