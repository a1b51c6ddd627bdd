import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { noLeader } from '../../../../src/serve/controller/no-leader.ts'

const known = { lease: 'rauth/rauth-controller', leader: undefined, problem: undefined }

describe('noLeader', () => {
  it('is nothing while one leads, or another may take over', () => {
    for (const silence of [0, 20_000, 59_999]) {
      assert.equal(noLeader({ ...known, silence, leader: 'x', problem: 'no' }), undefined)
    }
  })

  const silence = 61_500
  const rows = [
    [{}, /^no replica leads since 61 s: nobody has the Lease rauth\/rauth-controller; next: /],
    [{ leader: 'x\u001b[2J' }, /says that x\\u001b\[2J does, who does not renew it; next: /],
    [{ leader: 'x'.repeat(9_999) }, /^.{1,400}$/],
    [
      { leader: 'x', problem: '403: no' },
      /the Lease rauth\/rauth-controller cannot be used: 403: no$/,
    ],
  ] as const

  for (const [more, said] of rows) {
    it(`says ${String(said)}`, () => {
      assert.match(noLeader({ ...known, silence, ...more }) ?? '', said)
    })
  }
})
