import assert from 'node:assert/strict'
import { setImmediate as turn } from 'node:timers/promises'
import { describe, it } from 'node:test'
import { createWorkQueue, type Worked } from '../../../src/control/work-queue.ts'

/** `ends`: of what it works on, the first first. */
function start(...keys: readonly string[]) {
  const ends: ((worked?: Worked) => void)[] = []
  const queue = createWorkQueue({
    ...{ atOnce: 1, most: 10, backoff: [100, 1_000], random: () => 1, onFailure: () => undefined },
    work: () => new Promise((resolve) => ends.push(resolve)),
    timers: { now: () => 0, after: () => () => undefined },
  })
  for (const key of keys) queue.add(key)
  let isIdle = false
  void queue.idle().then(() => (isIdle = true))
  const idle = async () => {
    await turn()
    return isIdle
  }
  return { queue, ends, idle }
}

describe('a work queue is idle', () => {
  it('at once without a key', async () => {
    assert.equal(await start().idle(), true)
  })

  it('not before the last of those that wait and those that were added meanwhile', async () => {
    const { queue, ends, idle } = start('a', 'b')
    for (const [i, expected] of [false, false, true].entries()) {
      assert.equal(await idle(), false)
      if (i === 0) queue.add('a')
      ends[i]?.()
      assert.equal(await idle(), expected)
    }
  })

  it('not before what is to come later came, or is not to come any more', async () => {
    const { queue, ends, idle } = start('a')
    assert.equal(await idle(), false)
    ends[0]?.({ next: 1_000 })
    assert.equal(await idle(), false)
    queue.remove('a')
    assert.equal(await idle(), true)
  })

  it('once it is closed', async () => {
    const { queue, ends, idle } = start('a', 'b')
    assert.equal(await idle(), false)
    const closed = queue.close()
    assert.equal(await idle(), false)
    ends[0]?.()
    await closed
    assert.equal(await idle(), true)
  })
})
