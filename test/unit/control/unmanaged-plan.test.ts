import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Observed } from '../../../src/control/observed.ts'
import { formatInstant } from '../../../src/instant.ts'
import {
  ask,
  DOCKER,
  edited,
  laterContext,
  made,
  settle,
  told,
} from '../../support/control/settling.ts'
import { EMPTY, foreign, NOW, valuesOf } from '../../support/control/world.ts'

describe('plan, of a namespace that is none of those any more', () => {
  const unmanaged = (): Observed => ({ ...made(), managed: false })

  it('keeps what there is', () => {
    assert.deepEqual(settle(unmanaged()).steps, [])
  })

  it('takes it away after an overlap, if told so, and nothing of others', () => {
    const settings = { whenUnmanaged: 'delete' } as const
    const accounts = {
      default: { uid: 'a', version: '1', pullSecrets: ['a', 'registry-pull-secret'] },
    }
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
    const accounts = { default: { uid: 'a', version: '1', pullSecrets: ['registry-pull-secret'] } }
    const marked = settle({ ...unmanaged(), pull: undefined, accounts }, settings).observed
    assert.deepEqual(told(settle(marked, settings, NOW + 601).steps), [
      'link default unmanaged',
      'delete credentials unmanaged',
    ])
  })

  it('ends a rotation that was begun while it was one: else the old password works for ever', () => {
    const settings = { publishAhead: 30 }
    const context = laterContext(settings)
    const { observed } = settle(ask(made(), 'true'), settings, NOW, context)
    const left = settle({ ...observed, managed: false }, settings, NOW + 1, context)
    assert.deepEqual([told(left.steps), left.wake], [[], NOW + 30])
    const { steps, observed: last } = settle(left.observed, settings, NOW + 30, context)
    assert.deepEqual(told(steps), ['change pull changed', 'change credentials overlap_begins'])
    const end = formatInstant(NOW + 30 + 600)
    assert.equal(valuesOf(last.credentials)['previousPasswordNotAfter'], end)
    assert.deepEqual(settle(last, settings, NOW + 1e6, context).steps, [])
    // One that nobody follows any more gets its end at once.
    const alone = settle({ ...left.observed, pull: undefined }, settings, NOW + 2, context)
    assert.deepEqual(told(alone.steps), ['change credentials overlap_begins'])
    const stuck = edited(left.observed, 'pull', {}, { immutable: true })
    assert.deepEqual(told(settle(stuck, settings, NOW + 30, context).steps), [
      'change credentials condition',
    ])
  })
})
