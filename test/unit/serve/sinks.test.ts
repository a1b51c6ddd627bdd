import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { DecisionEvent } from '../../../src/event.ts'
import { recordTo, type Sink } from '../../../src/serve/sinks.ts'

const EVENT: DecisionEvent = {
  ...{ id: 'id-1', half: 'gateway', outcome: 'allowed', status: 200, duration: 1 },
}

/** Sinks by name, and what happened, in order: who took an event, and who failed at it. */
function told(names: readonly (Sink['name'] | { readonly required: string })[], broken: string) {
  const happened: string[] = []
  const sinks = names.map((given): Sink => {
    const name = typeof given === 'string' ? given : given.required
    const take = ({ id, reason }: DecisionEvent) => {
      if (name === broken) throw new Error('boom')
      happened.push([name, id, ...(reason === undefined ? [] : [reason])].join(' '))
    }
    return typeof given === 'string' ? { name, take } : { name, take, required: true }
  })
  const record = recordTo(sinks, (sink, thrown) => {
    happened.push(`${sink} failed: ${String(thrown)}`)
  })
  return { happened, record }
}

describe('recordTo', () => {
  it('tells every sink of a decision once, those that are required first', () => {
    const { happened, record } = told(['a', { required: 'b' }, 'c'], '')
    record(EVENT)
    assert.deepEqual(happened, ['b id-1', 'a id-1', 'c id-1'])
  })

  it('keeps what one sink throws from the others and from the answer', () => {
    const { happened, record } = told(['a', { required: 'b' }, 'c'], 'a')
    record(EVENT)
    assert.deepEqual(happened, ['b id-1', 'a failed: Error: boom', 'c id-1'])
  })

  it('throws what a required one throws, and tells all of the answer that there is instead', () => {
    const { happened, record } = told(['a', { required: 'b' }], 'b')
    assert.throws(() => {
      record(EVENT)
    }, /boom/)
    assert.deepEqual(happened, ['a id-1 unrecorded', 'b failed: Error: boom'])
  })
})
