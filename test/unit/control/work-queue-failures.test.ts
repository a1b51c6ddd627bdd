import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { startQueue } from '../../support/control/work-queue.ts'

describe('what fails in a work queue', () => {
  it('tries again what failed, later each time, and soon after it worked once', async () => {
    const { add, failures, last, pass, queue } = startQueue()
    await add('a')
    const why = new Error('why')
    for (const wait of [100, 200, 400, 800, 1_000, 1_000]) {
      await last().fail(why)
      assert.equal(failures.at(-1)?.wait, wait)
      assert.equal(failures.at(-1)?.error, why)
      assert.deepEqual(queue.counts(), { waiting: 0, working: 0, later: 1, failing: 1 })
      await pass(wait)
    }
    assert.equal(failures.at(-1)?.failures, 6)
    await last().done()
    assert.equal(queue.counts().failing, 0)
    await add('a')
    await last().fail()
    assert.equal(failures.at(-1)?.wait, 100)
  })

  it('waits by chance, and as long as an error asks for', async () => {
    const { add, failures, last } = startQueue({
      random: () => 0.5,
      leastWait: (error) => Number((error as Error).message),
    })
    await add('a')
    await last().fail(new Error('10'))
    assert.equal(failures.at(-1)?.wait, 75)
    await add('b')
    await last().fail(new Error('5000'))
    assert.equal(failures.at(-1)?.wait, 5_025)
  })

  it('waits as long as an error asks for, also when it is added', async () => {
    const { add, keys, last, pass } = startQueue({ leastWait: () => 5_000 })
    await add('a')
    await last().fail()
    await add('a')
    await pass(4_999)
    assert.equal(keys(), 'a')
    await add('a')
    await pass(1)
    assert.equal(keys(), 'aa')
  })

  it('tries what failed no more often when it is added all the time', async () => {
    const { add, keys, last, pass } = startQueue()
    await add('a')
    for (let i = 0; i < 5; i += 1) {
      await add('a')
      await last().fail()
      await add('a')
    }
    assert.equal(keys(), 'a')
    await pass(99)
    assert.equal(keys(), 'a')
    await pass(1)
    assert.equal(keys(), 'aa')
  })

  it('tries soon what waits for long, when it is added', async () => {
    const { add, keys, last, pass } = startQueue()
    await add('a')
    for (const wait of [100, 200, 400, 800]) {
      await last().fail()
      await pass(wait)
    }
    await last().fail()
    await add('a')
    await pass(100)
    assert.equal(keys(), 'aaaaaa')
  })

  it('does others while one fails', async () => {
    const { add, keys, last } = startQueue()
    await add('a', 'b')
    await last().fail()
    assert.equal(keys(), 'ab')
  })
})
