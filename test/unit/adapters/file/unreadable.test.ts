import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { remedyFor } from '../../../../src/adapters/file/unreadable.ts'

describe('remedyFor', () => {
  for (const code of ['EACCES', 'EPERM']) {
    it(`speaks of rights for ${code}`, () => {
      assert.match(remedyFor(Object.assign(new Error('no'), { code }), 'make it'), /chmod/)
    })
  }

  it('leaves the rest to the caller', () => {
    assert.equal(
      remedyFor(Object.assign(new Error('no'), { code: 'ENOENT' }), 'make it'),
      'make it',
    )
    assert.equal(remedyFor('thrown', 'make it'), 'make it')
  })
})
