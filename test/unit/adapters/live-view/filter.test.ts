import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readFilter } from '../../../../src/adapters/live-view/filter.ts'
import type { DecisionEvent } from '../../../../src/event.ts'
import { decisionEvent, deniedEvent } from '../../../support/live-view/events.ts'

const DENIED = deniedEvent({ address: '10.1.2.3', requested: 'repository:team-b/app:pull' })
const CHALLENGED = deniedEvent({ reason: 'token_missing', status: 401 })
const FAILED = deniedEvent({ outcome: 'failed', reason: 'not_ready', status: 503 })

const CASES: readonly (readonly [query: string, event: DecisionEvent, wanted: boolean])[] = [
  ['', DENIED, true],
  ['outcome=denied', DENIED, true],
  ['outcome=denied', FAILED, true],
  ['outcome=denied', CHALLENGED, false],
  ['outcome=denied', decisionEvent(), false],
  ['outcome=challenged', CHALLENGED, true],
  ['outcome=failed', DENIED, false],
  ['outcome=toString', DENIED, true],
  ['reason=access_denied', DENIED, true],
  ['reason=not_ready', DENIED, false],
  ['reason=no_reason', DENIED, true],
  ['namespace=team-a', DENIED, true],
  ['namespace=team-b', DENIED, true],
  ['namespace=team', DENIED, false],
  ['text=10.1.2', DENIED, true],
  ['text=TEAM-B/APP', DENIED, true],
  ['text=denied', DENIED, true],
  ['text=elsewhere', DENIED, false],
  ['namespace=team-b&outcome=allowed', DENIED, false],
]

describe('the filter of decisions', () => {
  for (const [query, event, wanted] of CASES) {
    it(`${query || 'nothing'}: ${event.outcome} ${event.reason ?? ''} is ${wanted ? '' : 'not '}wanted`, () => {
      assert.equal(readFilter(new URLSearchParams(query)).wants(event), wanted)
    })
  }

  it('is the same as another that wants the same', () => {
    const key = (query: string) => readFilter(new URLSearchParams(query)).key
    assert.equal(key('text=a&outcome='), key('text=A'))
    assert.notEqual(key('text=a'), key('namespace=a'))
  })
})
