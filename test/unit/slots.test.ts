import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createSlots } from '../../src/slots.ts'

const forever = new AbortController().signal

describe('createSlots', () => {
  it('are for so many at once, and the next ones come in their order', async () => {
    const take = createSlots({ atOnce: 1, waiting: 2, perShare: 9 })
    const first = await take('a', forever)
    const order: string[] = []
    const second = Promise.resolve(take('a', forever)).then(
      (leave) => (order.push('second'), leave),
    )
    const third = Promise.resolve(take('a', forever)).then((leave) => (order.push('third'), leave))
    assert.equal(await take('a', forever), undefined, 'a third that waits')
    assert.deepEqual(order, [])
    first?.()
    ;(await second)?.()
    ;(await third)?.()
    assert.deepEqual(order, ['second', 'third'])
    assert.notEqual(await take('a', forever), undefined)
  })

  it('are left once, however often that is said', async () => {
    const take = createSlots({ atOnce: 1, waiting: 0, perShare: 9 })
    const leave = await take('a', forever)
    leave?.()
    leave?.()
    assert.notEqual(await take('a', forever), undefined)
    assert.equal(await take('a', forever), undefined)
  })

  it('are not kept for who gave up waiting', async () => {
    const take = createSlots({ atOnce: 1, waiting: 1, perShare: 9 })
    const leave = await take('a', forever)
    const impatient = new AbortController()
    const waiting = take('a', impatient.signal)
    impatient.abort()
    assert.equal(await waiting, undefined)
    assert.equal(await take('a', impatient.signal), undefined)
    leave?.()
    assert.notEqual(await take('a', forever), undefined)
  })

  it('are not all for one share, running and waiting', async () => {
    const take = createSlots({ atOnce: 2, waiting: 9, perShare: 2 })
    const leave = await take('a', forever)
    const impatient = new AbortController()
    await take('b', forever)
    const waiting = take('a', impatient.signal)
    assert.equal(await take('a', forever), undefined, 'a third of a')
    const other = take('b', forever)
    impatient.abort()
    assert.equal(await waiting, undefined)
    leave?.()
    leave?.()
    assert.notEqual(await other, undefined)
    assert.equal(await take('b', forever), undefined, 'a third of b')
    void take('a', forever)
    void take('a', forever)
    assert.equal(await take('a', forever), undefined, 'left once, however often that is said')
  })
})
