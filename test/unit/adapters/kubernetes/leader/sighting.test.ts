import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { LeaseRecord } from '../../../../../src/adapters/kubernetes/leader/lease.ts'
import { createSighting } from '../../../../../src/adapters/kubernetes/leader/sighting.ts'

const record = (holder: string, renewed: string, duration = 15): LeaseRecord => ({
  ...{ holder, renewed, duration, acquired: '', transitions: 0 },
})

describe('how long a Lease was seen unchanged', () => {
  const start = () => createSighting({ identity: 'one', usual: 9_000 })

  it('tells when another’s is free, whatever times are written in it', () => {
    const sighting = start()
    assert.deepEqual([sighting.freeAt(), sighting.holder()], [-Infinity, undefined])
    for (const renewed of ['1999-01-01T00:00:00.000000Z', '2099-01-01T00:00:00.000000Z']) {
      sighting.see(record('other', renewed), 1_000)
      assert.deepEqual([sighting.freeAt(), sighting.holder()], [16_000, 'other'])
    }
    sighting.see(record('other', '2099-01-01T00:00:00.000000Z'), 5_000)
    assert.equal(sighting.freeAt(), 16_000, 'it is the same')
    sighting.see(record('other', '2099-01-01T00:00:02.000000Z'), 7_000)
    assert.equal(sighting.freeAt(), 22_000, 'it was renewed')
  })

  it('counts on when somebody deletes the Lease', () => {
    const sighting = start()
    sighting.see(record('other', 'a'), 1_000)
    sighting.see(undefined, 2_000)
    assert.equal(sighting.freeAt(), 16_000)
  })

  it('tells at once that it is one’s own, or given back', () => {
    const sighting = start()
    sighting.see(record('one', 'a'), 1_000)
    assert.deepEqual([sighting.freeAt(), sighting.holder()], [-Infinity, 'one'])
    sighting.see(record('', 'b', 1), 1_000)
    assert.deepEqual([sighting.freeAt(), sighting.holder()], [-Infinity, undefined])
  })

  it('takes the holder’s word for how long it is, and else the usual', () => {
    const sighting = start()
    sighting.see(record('other', 'a', 60), 0)
    assert.equal(sighting.freeAt(), 60_000)
    sighting.see(record('other', 'b', 0), 0)
    assert.equal(sighting.freeAt(), 9_000)
    sighting.see(record('other', 'c', 2_147_483_647), 0)
    assert.equal(sighting.freeAt(), 90_000, 'of anybody who can write it once')
  })
})
