import assert from 'node:assert/strict'
import { setImmediate as turn } from 'node:timers/promises'
import { describe, it } from 'node:test'
import { startQueue } from '../../support/control/work-queue.ts'

describe('what is changed back in a work queue', () => {
  it('does what others change back at once at first, and then at a slow pace', async () => {
    const { queue, keys, tries, last, pass } = startQueue()
    // Whoever reverts each write does it within a millisecond, and each write is an event, too.
    queue.add('a', true)
    await turn()
    for (let at = 0; at < 60_000; at += 1) {
      if (queue.counts().working === 0) queue.add('a', true)
      await pass(1)
      if (queue.counts().working > 0) {
        queue.add('a', true)
        await last().done(undefined, true)
      }
    }
    assert.equal(keys().length, 3 + 5)
    // And at once again when it was quiet.
    await pass(600_000)
    await last().done()
    const before = tries.length
    queue.add('a', true)
    await turn()
    await last().done(undefined, true)
    queue.add('a', true)
    await turn()
    assert.equal(tries.length, before + 2)
  })

  it('holds up no other, and not what wrote nothing', async () => {
    const { add, keys, last, pass } = startQueue()
    for (let count = 0; count < 5; count += 1) {
      await add('a')
      await last().done(undefined, true)
    }
    assert.equal(keys(), 'aaa')
    await add('b')
    await last().done()
    for (let count = 0; count < 5; count += 1) {
      await add('b')
      await last().done()
    }
    assert.equal(keys(), 'aaabbbbbb')
    await pass(10_000)
    assert.equal(keys(), 'aaabbbbbba')
  })
})
