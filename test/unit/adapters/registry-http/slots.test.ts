import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createSlots } from '../../../../src/adapters/registry-http/slots.ts'

const forever = new AbortController().signal

describe('slots', () => {
  it('are for so many at once, and the next ones come in their order', async () => {
    const slots = createSlots({ running: 1, waiting: 2 })
    const first = await slots.take(forever)
    const order: string[] = []
    const second = slots.take(forever).then((leave) => (order.push('second'), leave))
    const third = slots.take(forever).then((leave) => (order.push('third'), leave))
    assert.equal(await slots.take(forever), undefined, 'a third that waits')
    assert.deepEqual(order, [])
    first?.()
    ;(await second)?.()
    ;(await third)?.()
    assert.deepEqual(order, ['second', 'third'])
    assert.notEqual(await slots.take(forever), undefined)
  })

  it('are left once, however often that is said', async () => {
    const slots = createSlots({ running: 1, waiting: 0 })
    const leave = await slots.take(forever)
    leave?.()
    leave?.()
    assert.notEqual(await slots.take(forever), undefined)
    assert.equal(await slots.take(forever), undefined)
  })

  it('are not kept for who gave up waiting', async () => {
    const slots = createSlots({ running: 1, waiting: 1 })
    const leave = await slots.take(forever)
    const impatient = new AbortController()
    const waiting = slots.take(impatient.signal)
    impatient.abort()
    assert.equal(await waiting, undefined)
    assert.equal(await slots.take(impatient.signal), undefined)
    leave?.()
    assert.notEqual(await slots.take(forever), undefined)
  })
})
