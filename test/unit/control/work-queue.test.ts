import assert from 'node:assert/strict'
import { setImmediate as turn } from 'node:timers/promises'
import { describe, it } from 'node:test'
import { startQueue } from '../../support/control/work-queue.ts'

describe('createWorkQueue', () => {
  it('works in the order of the first adding, once for all of it', async () => {
    const { add, keys, last } = startQueue()
    await add('a', 'b', 'c', 'b', 'b')
    assert.equal(keys(), 'a')
    await last().done()
    await last().done()
    await last().done()
    assert.equal(keys(), 'abc')
  })

  it('works on a key once again that was added meanwhile, and never twice at a time', async () => {
    const { add, keys, last, queue } = startQueue({ atOnce: 9 })
    await add('a', 'a', 'a')
    await add('a', 'a')
    assert.equal(keys(), 'a')
    assert.deepEqual(queue.counts(), { waiting: 0, working: 1, later: 0, failing: 0 })
    await last().done()
    assert.equal(keys(), 'aa')
    await last().done()
    assert.equal(keys(), 'aa')
  })

  it('works on so many at a time', async () => {
    const { add, keys, tries } = startQueue({ atOnce: 2 })
    await add('a', 'b', 'c', 'd')
    assert.equal(keys(), 'ab')
    await tries[1]?.done()
    assert.equal(keys(), 'abc')
  })

  it('lets some go first, and the others not wait for ever', async () => {
    const { add, keys, last, queue } = startQueue()
    await add('a', 'b', 'c')
    for (const key of 'defgh') queue.add(key, true)
    queue.add('c', true)
    for (let i = 0; i < 7; i += 1) await last().done()
    assert.equal(keys(), 'adebfghc', 'one of four is of the others')
  })

  it('comes back when the work says so, or earlier when it is added', async () => {
    const { add, keys, last, pass } = startQueue()
    await add('a')
    await last().done(500)
    await pass(499)
    assert.equal(keys(), 'a')
    await pass(1)
    assert.equal(keys(), 'aa')
    await last().done(500)
    await add('a')
    assert.equal(keys(), 'aaa')
    await last().done()
    await pass(10_000)
    assert.equal(keys(), 'aaa', 'what was said before the last time counts no more')
  })

  it('takes the earliest of several times', async () => {
    const { queue, keys, pass, last } = startQueue()
    queue.addAfter('a', 300)
    queue.addAfter('a', 100)
    queue.addAfter('a', 200)
    await pass(100)
    assert.equal(keys(), 'a')
    queue.addAfter('a', 50)
    await last().done(500)
    await pass(50)
    assert.equal(keys(), 'aa')
    await last().done()
    await pass(1_000)
    assert.equal(keys(), 'aa')
  })

  it('comes back in months', async () => {
    const { add, keys, last, pass } = startQueue()
    await add('a')
    const days = 24 * 3_600_000
    await last().done(90 * days)
    await pass(89 * days)
    assert.equal(keys(), 'a')
    await pass(1 * days)
    assert.equal(keys(), 'aa')
  })

  it('takes no more keys than it may', async () => {
    const { queue, keys, last } = startQueue({ most: 2 })
    assert.deepEqual(
      [queue.add('a'), queue.addAfter('b', 9), queue.add('c'), queue.addAfter('d', 9)],
      [true, true, false, false],
    )
    assert.equal(queue.add('b'), true, 'it is there')
    await turn()
    await last().done()
    assert.equal(keys(), 'ab')
    assert.equal(queue.add('c'), true)
  })

  it('forgets what is gone', async () => {
    const { queue, add, keys, last, pass, pending } = startQueue()
    await add('a', 'b')
    await last().fail()
    queue.remove('a')
    queue.remove('b')
    await pass(10_000)
    assert.equal(keys(), 'ab')
    await last().done()
    assert.deepEqual(queue.counts(), { waiting: 0, working: 0, later: 0, failing: 0 })
    assert.equal(pending(), 0)
  })

  it('closes when the work that goes on is at its end, and begins none', async () => {
    const { queue, add, keys, last, pending } = startQueue()
    await add('a', 'b')
    queue.addAfter('c', 100)
    let closed = false
    const closing = queue.close().then(() => (closed = true))
    assert.ok(last().signal.aborted)
    assert.equal(pending(), 0)
    assert.equal(queue.add('d'), false)
    await turn()
    assert.equal(closed, false)
    await last().fail()
    await closing
    assert.equal(keys(), 'a')
    assert.deepEqual(queue.counts(), { waiting: 0, working: 0, later: 0, failing: 0 })
  })
})
