import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { applyStep } from '../../../src/control/apply.ts'
import { NOT_YET } from '../../../src/control/login.ts'
import { CONDITIONS, ROTATE } from '../../../src/control/marks.ts'
import { plan } from '../../../src/control/plan.ts'
import { formatInstant } from '../../../src/instant.ts'
import {
  annotated,
  ask,
  condition,
  edited,
  laterContext,
  made,
  settle,
  told,
} from '../../support/control/settling.ts'
import { EMPTY, letsIn, NOW, pullLogin, valuesOf } from '../../support/control/world.ts'

describe('plan, of a rotation', () => {
  it('rotates by age: both passwords, the pull Secret, the overlap, its end', () => {
    const settings = { rotateAfter: 86_400 }
    const first = settle(EMPTY, settings)
    assert.ok((first.wake ?? 0) > NOW + 0.9 * 86_400 - 1 && (first.wake ?? 0) <= NOW + 86_400)
    const old = pullLogin(first.observed) ?? assert.fail()
    const due = NOW + 86_400
    const rotated = settle(first.observed, settings, due, laterContext(settings))
    assert.deepEqual(told(rotated.steps), [
      'change credentials aged',
      'change pull changed',
      'change credentials overlap_begins',
    ])
    const login = pullLogin(rotated.observed) ?? assert.fail()
    assert.notEqual(login.password, old.password)
    assert.ok(letsIn(rotated.observed, login, due) && letsIn(rotated.observed, old, due + 599))
    assert.ok(!letsIn(rotated.observed, old, due + 600))
    assert.deepEqual(condition(rotated.observed), ['True InStep', 'True Overlap'])
    assert.equal(rotated.wake, due + 600 + 10)
    const ended = settle(rotated.observed, settings, due + 611, laterContext(settings))
    assert.deepEqual(told(ended.steps), ['change credentials overlap_ended'])
    assert.deepEqual(Object.keys(valuesOf(ended.observed.credentials)), ['username', 'password'])
    assert.deepEqual(condition(ended.observed), ['True InStep', 'False Settled'])
  })

  it('the overlap begins when the pull Secret has the next password, however late that is', () => {
    const settings = { rotateAfter: 86_400 }
    const first = settle(EMPTY, settings).observed
    const old = pullLogin(first) ?? assert.fail()
    const { step } = plan(first, laterContext(settings)(NOW + 86_400))
    // Whoever did this died, and a year goes by.
    const half = applyStep(first, step ?? assert.fail(), '50')
    const late = NOW + 366 * 86_400
    assert.ok(letsIn(half, old, late))
    const { steps, observed } = settle(half, {}, late, laterContext())
    assert.deepEqual(told(steps), ['change pull changed', 'change credentials overlap_begins'])
    assert.ok(letsIn(observed, old, late + 599))
  })

  it('gives pods the next password only when every rauth had time to read it', () => {
    const settings = { publishAhead: 30 }
    const context = laterContext(settings)
    const first = settle(ask(made(), 'true'), settings, NOW, context)
    assert.deepEqual(told(first.steps), [
      'change credentials asked',
      'change credentials condition',
    ])
    assert.equal(first.wake, NOW + 30)
    assert.deepEqual(condition(first.observed), ['True Rotating', 'True Overlap'])
    const old = pullLogin(first.observed) ?? assert.fail()
    assert.ok(letsIn(first.observed, old, NOW + 1e6))
    const second = settle(first.observed, settings, NOW + 30, context)
    assert.deepEqual(told(second.steps), [
      'change pull changed',
      'change credentials overlap_begins',
    ])
    assert.notDeepEqual(pullLogin(second.observed), old)
    // Whatever does not work is worth no waiting.
    const spoiled = edited(first.observed, 'pull', { '.dockerconfigjson': '{"auths":{}}' })
    assert.equal(told(settle(spoiled, settings, NOW + 1, context).steps)[0], 'change pull changed')
  })

  it('rotates when asked, once', () => {
    const { observed, steps } = settle(ask(made(), 'true'), {}, NOW, laterContext())
    assert.deepEqual(told(steps), [
      'change credentials asked',
      'change pull changed',
      'change credentials overlap_begins',
    ])
    assert.equal(observed.credentials?.annotations[ROTATE], undefined)
    // A second one would end the password that the first one lets go on.
    const again = settle(ask(observed, 'true'), {}, NOW + 1, laterContext())
    assert.deepEqual(told(again.steps), ['change credentials rotation_waits'])
    assert.deepEqual(told(settle(again.observed, {}, NOW + 2, laterContext()).steps), [])
    const until = formatInstant(NOW + 600)
    assert.match(
      again.observed.credentials?.annotations[CONDITIONS] ?? '',
      new RegExp(`works until ${until}; a rotation was asked for and waits until then`),
    )
    assert.equal(again.wake, NOW + 600 + 10)
    assert.equal(
      told(settle(again.observed, {}, NOW + 611, laterContext()).steps)[1],
      'change credentials asked',
    )
  })

  it('tells once that it waits, also where it is asked while the one before begins its overlap', () => {
    const settings = { publishAhead: 10 }
    const context = laterContext(settings)
    const first = settle(ask(made(), 'true'), settings, NOW, context)
    const asked = ask(first.observed, 'true')
    const meanwhile = settle(asked, settings, NOW + 1, context)
    assert.deepEqual(told(meanwhile.steps), ['change credentials rotation_waits'])
    for (const begun of [asked, meanwhile.observed]) {
      const { steps, observed } = settle(begun, settings, NOW + 11, context)
      const all = [...(begun === asked ? [] : meanwhile.steps), ...steps]
      assert.equal(told(all).filter((one) => one.endsWith('rotation_waits')).length, 1)
      assert.ok(told(steps).includes('change credentials overlap_begins'))
      assert.match(observed.credentials?.annotations[CONDITIONS] ?? '', /waits until then/)
    }
  })

  it('lets no old password go on when asked for that, in an overlap neither', () => {
    const context = laterContext()
    const during = settle(ask(made(), 'true'), {}, NOW, context).observed
    const { observed, steps } = settle(ask(during, 'now'), {}, NOW, context)
    assert.deepEqual(told(steps).slice(0, 2), [
      'change credentials asked_now',
      'change pull changed',
    ])
    assert.deepEqual(Object.keys(valuesOf(observed.credentials)), ['username', 'password'])
    assert.deepEqual(pullLogin(observed), valuesOf(observed.credentials))
  })

  for (const [what, end] of [
    ['by a clock that was ahead', NOW + 1e6],
    ['of somebody who had it before', Date.parse('2099-01-01T00:00:00Z') / 1000],
  ] as const) {
    it(`gives an end that is no overlap's, ${what}, the overlap: else nothing rotates until then`, () => {
      const previous = { previousPassword: 'canary-of-before' }
      const far = { ...previous, previousPasswordNotAfter: formatInstant(end) }
      const from = ask(edited(made(), 'credentials', far), 'true')
      const { observed, steps } = settle(from, {}, NOW, laterContext())
      assert.deepEqual(told(steps), [
        'change credentials overlap_begins',
        'change credentials rotation_waits',
      ])
      assert.equal(
        valuesOf(observed.credentials)['previousPasswordNotAfter'],
        formatInstant(NOW + 600),
      )
      const later = settle(observed, {}, NOW + 611, laterContext())
      assert.deepEqual(told(later.steps).slice(0, 2), [
        'change credentials overlap_ended',
        'change credentials asked',
      ])
    })
  }

  it('does not begin what the pull Secret could not follow', () => {
    const stuck = (how: string) => ask(edited(made(), 'pull', {}, { immutable: true }), how)
    const { observed, steps, obstacle } = settle(stuck('true'), {}, NOW, laterContext())
    assert.deepEqual(told(steps), ['change credentials condition'])
    assert.equal(obstacle?.reason, 'PullSecretImmutable')
    assert.deepEqual(condition(observed), ['False PullSecretImmutable', 'False Settled'])
    assert.deepEqual(pullLogin(observed), valuesOf(observed.credentials))
    const aged = edited(made(), 'pull', {}, { immutable: true })
    const due = settle(aged, {}, NOW + 3_600, laterContext({ rotateAfter: 3_600 }))
    assert.deepEqual(
      [told(due.steps), due.obstacle?.reason],
      [['change credentials condition'], 'PullSecretImmutable'],
    )
    // One was stolen: that it works no longer is more than that pods can pull.
    assert.equal(
      told(settle(stuck('now'), {}, NOW, laterContext()).steps)[0],
      'change credentials asked_now',
    )
  })

  it('repairs the pull Secret of credentials that can’t be changed, and says what it can’t do', () => {
    const fixed = annotated(made(), 'credentials', { [ROTATE]: 'now' }, { immutable: true })
    const from = edited(fixed, 'pull', { '.dockerconfigjson': '{"auths":{}}' })
    const { observed, steps, obstacle } = settle(from, {}, NOW, laterContext())
    assert.deepEqual(told(steps), ['change pull changed', 'change credentials condition'])
    assert.equal(obstacle?.reason, 'CredentialsImmutable')
    assert.deepEqual(pullLogin(observed), valuesOf(observed.credentials))
  })

  it('says no longer than that is so that the old password works', () => {
    const rotated = settle(ask(made(), 'true'), {}, NOW, laterContext()).observed
    assert.deepEqual(condition(rotated), ['True InStep', 'True Overlap'])
    const stuck = edited(
      rotated,
      'pull',
      {},
      { labels: { 'app.kubernetes.io/managed-by': 'Helm' } },
    )
    const during = settle(stuck, {}, NOW + 1, laterContext())
    assert.deepEqual(condition(during.observed), ['False PullSecretNotOwned', 'True Overlap'])
    assert.equal(during.wake, NOW + 610)
    const after = settle(during.observed, {}, NOW + 610, laterContext())
    assert.deepEqual(condition(after.observed), ['False PullSecretNotOwned', 'False Settled'])
    assert.equal(after.wake, undefined)
  })

  it('repairs marks of the pull Secret while that waits for the next password', () => {
    const settings = { publishAhead: 30 }
    const first = settle(ask(made(), 'true'), settings, NOW, laterContext(settings)).observed
    const labels = { labels: {} }
    const stripped = edited(first, 'pull', {}, labels)
    const { steps, observed } = settle(stripped, settings, NOW + 1, laterContext(settings))
    assert.deepEqual(told(steps), ['change pull unmarked'])
    assert.deepEqual(pullLogin(observed), pullLogin(first))
    assert.equal(valuesOf(observed.credentials)['previousPasswordNotAfter'], NOT_YET)
  })
})
