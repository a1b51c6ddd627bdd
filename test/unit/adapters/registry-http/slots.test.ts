import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createSlots } from '../../../../src/adapters/registry-http/slots.ts'

const forever = new AbortController().signal

describe('slots', () => {
  it('are for so many at once, and the next ones come in their order', async () => {
    const slots = createSlots({ running: 1, waiting: 2, perShare: 9 })
    const first = await slots.take(forever, 'a')
    const order: string[] = []
    const second = slots.take(forever, 'a').then((leave) => (order.push('second'), leave))
    const third = slots.take(forever, 'a').then((leave) => (order.push('third'), leave))
    assert.equal(await slots.take(forever, 'a'), undefined, 'a third that waits')
    assert.deepEqual(order, [])
    first?.()
    ;(await second)?.()
    ;(await third)?.()
    assert.deepEqual(order, ['second', 'third'])
    assert.notEqual(await slots.take(forever, 'a'), undefined)
  })

  it('are left once, however often that is said', async () => {
    const slots = createSlots({ running: 1, waiting: 0, perShare: 9 })
    const leave = await slots.take(forever, 'a')
    leave?.()
    leave?.()
    assert.notEqual(await slots.take(forever, 'a'), undefined)
    assert.equal(await slots.take(forever, 'a'), undefined)
  })

  it('are not kept for who gave up waiting', async () => {
    const slots = createSlots({ running: 1, waiting: 1, perShare: 9 })
    const leave = await slots.take(forever, 'a')
    const impatient = new AbortController()
    const waiting = slots.take(impatient.signal, 'a')
    impatient.abort()
    assert.equal(await waiting, undefined)
    assert.equal(await slots.take(impatient.signal, 'a'), undefined)
    leave?.()
    assert.notEqual(await slots.take(forever, 'a'), undefined)
  })

  it('are not all for one share, running and waiting', async () => {
    const slots = createSlots({ running: 2, waiting: 9, perShare: 2 })
    const leave = await slots.take(forever, 'a')
    const impatient = new AbortController()
    await slots.take(forever, 'b')
    const waiting = slots.take(impatient.signal, 'a')
    assert.equal(await slots.take(forever, 'a'), undefined, 'a third of a')
    const other = slots.take(forever, 'b')
    impatient.abort()
    assert.equal(await waiting, undefined)
    leave?.()
    leave?.()
    assert.notEqual(await other, undefined)
    assert.equal(await slots.take(forever, 'b'), undefined, 'a third of b')
    void slots.take(forever, 'a')
    void slots.take(forever, 'a')
    assert.equal(await slots.take(forever, 'a'), undefined, 'left once, however often that is said')
  })
})
