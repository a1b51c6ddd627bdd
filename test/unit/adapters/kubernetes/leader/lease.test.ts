import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  claimed,
  leaseIn,
  released,
  withRecord,
  type LeaseRecord,
} from '../../../../../src/adapters/kubernetes/leader/lease.ts'

const NOW = Date.UTC(2026, 10, 29, 23, 0, 1, 234)
const WRITTEN = '2026-11-29T23:00:01.234000Z'

const theirs: LeaseRecord = {
  ...{ holder: 'other', duration: 15, transitions: 4 },
  ...{ acquired: '2026-11-29T22:00:00.000000Z', renewed: '2026-11-29T22:30:00.000000Z' },
}
const claim = { holder: 'one', duration: 15, now: NOW }

describe('a Lease', () => {
  it('is taken from nobody, from another, and renewed', () => {
    const mine = { holder: 'one', duration: 15, acquired: WRITTEN, renewed: WRITTEN }
    assert.deepEqual(claimed(undefined, claim), { ...mine, transitions: 0 })
    assert.deepEqual(claimed(theirs, claim), { ...mine, transitions: 5 })
    const later = claimed({ ...theirs, holder: 'one' }, claim)
    assert.deepEqual(later, { ...mine, acquired: theirs.acquired, transitions: 4 })
  })

  it('is given back', () => {
    assert.deepEqual(released(theirs, NOW), {
      ...theirs,
      ...{ holder: '', duration: 1, renewed: WRITTEN },
    })
  })

  it('is read as it is written, and what is not known of it stays', () => {
    const object = {
      metadata: { name: 'x', resourceVersion: '7', labels: { a: 'b' } },
      spec: { strategy: 'OldestEmulationVersion', holderIdentity: 'before' },
    }
    const written = withRecord(object, theirs)
    assert.deepEqual(leaseIn(written).record, theirs)
    assert.deepEqual(written['metadata'], object.metadata)
    assert.equal((written['spec'] as { strategy: string }).strategy, 'OldestEmulationVersion')
  })

  it('that says nothing is held by nobody', () => {
    const nothing = { holder: '', duration: 0, acquired: '', renewed: '', transitions: 0 }
    for (const object of [{}, { spec: null }, { spec: { leaseTransitions: -1, renewTime: 5 } }]) {
      assert.deepEqual(leaseIn(object).record, nothing)
    }
  })
})
