import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Observed } from '../../../src/control/observed.ts'
import { DOCKER, made, settle, told } from '../../support/control/settling.ts'
import { EMPTY, foreign, NOW } from '../../support/control/world.ts'

describe('plan, of a namespace that is none of those any more', () => {
  const unmanaged = (): Observed => ({ ...made(), managed: false })

  it('keeps what there is', () => {
    assert.deepEqual(settle(unmanaged()).steps, [])
  })

  it('takes it away after an overlap, if told so, and nothing of others', () => {
    const settings = { whenUnmanaged: 'delete' } as const
    const accounts = { default: { version: '1', pullSecrets: ['a', 'registry-pull-secret'] } }
    const first = settle({ ...unmanaged(), accounts }, settings)
    assert.deepEqual(told(first.steps), ['change pull unmanaged', 'change credentials unmanaged'])
    assert.equal(first.wake, NOW + 600)
    const { steps, observed } = settle(first.observed, settings, NOW + 601)
    assert.deepEqual(told(steps), [
      'link default unmanaged',
      'delete pull unmanaged',
      'delete credentials unmanaged',
    ])
    assert.deepEqual(observed.accounts['default']?.pullSecrets, ['a'])
    const theirs = {
      ...EMPTY,
      managed: false,
      credentials: foreign('Opaque'),
      pull: foreign(DOCKER),
    }
    assert.deepEqual(settle(theirs, settings, NOW + 601).steps, [])
  })

  it('goes on where it is one again', () => {
    const settings = { whenUnmanaged: 'delete' } as const
    const marked = settle(unmanaged(), settings).observed
    const { observed, steps } = settle({ ...marked, managed: true }, settings, NOW + 601)
    assert.deepEqual(told(steps), ['change credentials unmarked', 'change pull unmarked'])
    assert.deepEqual(settle({ ...observed, managed: false }, settings, NOW + 700).steps.length, 2)
  })

  it('keeps no mark of a time when they were to go: who says so again begins anew', () => {
    const marked = settle(unmanaged(), { whenUnmanaged: 'delete' }).observed
    const kept = settle(marked, { whenUnmanaged: 'keep' }, NOW + 60)
    assert.deepEqual(told(kept.steps), ['change pull unmanaged', 'change credentials unmanaged'])
    const again = settle(kept.observed, { whenUnmanaged: 'delete' }, NOW + 1e6)
    assert.equal(again.wake, NOW + 1e6 + 600)
  })

  it('takes the link away also where somebody deleted the pull Secret', () => {
    const settings = { whenUnmanaged: 'delete' } as const
    const accounts = { default: { version: '1', pullSecrets: ['registry-pull-secret'] } }
    const marked = settle({ ...unmanaged(), pull: undefined, accounts }, settings).observed
    assert.deepEqual(told(settle(marked, settings, NOW + 601).steps), [
      'link default unmanaged',
      'delete credentials unmanaged',
    ])
  })
})
