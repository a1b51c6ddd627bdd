import assert from 'node:assert/strict'
import { setImmediate as turn } from 'node:timers/promises'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import {
  createWorkQueue,
  type Timers,
  type WorkFailure,
  type WorkQueueOptions,
} from '../../../src/control/work-queue.ts'

/** A clock that goes when it is told to. */
function fakeTimers() {
  let now = 0
  const calls = new Set<{ readonly at: number; readonly call: () => void }>()
  const timers: Timers = {
    now: () => now,
    after(wait, call) {
      assert.ok(wait >= 0 && wait < 2 ** 31, String(wait))
      const one = { at: now + wait, call }
      calls.add(one)
      return () => calls.delete(one)
    },
  }
  async function pass(milliseconds: number): Promise<void> {
    const end = now + milliseconds
    for (;;) {
      const [next] = [...calls].sort((a, b) => a.at - b.at)
      if (next === undefined || next.at > end) break
      calls.delete(next)
      now = next.at
      next.call()
      await turn()
    }
    now = end
    await turn()
  }
  return { timers, pass, pending: () => calls.size }
}

interface Try {
  readonly key: string
  readonly signal: AbortSignal
  readonly done: (next?: number, wrote?: boolean) => Promise<void>
  readonly fail: (error?: Error) => Promise<void>
}

function start(options: Partial<WorkQueueOptions> = {}) {
  const { timers, pass, pending } = fakeTimers()
  const tries: Try[] = []
  const failures: WorkFailure[] = []
  const queue = createWorkQueue({
    ...{ atOnce: 1, most: 100, backoff: [100, 1_000], timers, random: () => 1 },
    pace: { burst: 3, every: 10_000 },
    onFailure: (failure) => failures.push(failure),
    work: (key, signal) =>
      new Promise((resolve, reject) => {
        const done = (next?: number, wrote = false) => (resolve({ next, wrote }), turn())
        const fail = (error = new Error('no')) => (reject(error), turn())
        tries.push({ key, signal, done, fail })
      }),
    ...options,
  })
  const keys = () => tries.map(({ key }) => key).join('')
  const last = () => tries.at(-1) ?? assert.fail('nothing was tried')
  const add = async (...all: string[]) => {
    for (const key of all) queue.add(key)
    await turn()
  }
  return { queue, tries, failures, keys, last, add, pass, pending }
}

describe('createWorkQueue', () => {
  it('works in the order of the first adding, once for all of it', async () => {
    const { add, keys, last } = start()
    await add('a', 'b', 'c', 'b', 'b')
    assert.equal(keys(), 'a')
    await last().done()
    await last().done()
    await last().done()
    assert.equal(keys(), 'abc')
  })

  it('works on a key once again that was added meanwhile, and never twice at a time', async () => {
    const { add, keys, last, queue } = start({ atOnce: 9 })
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
    const { add, keys, tries } = start({ atOnce: 2 })
    await add('a', 'b', 'c', 'd')
    assert.equal(keys(), 'ab')
    await tries[1]?.done()
    assert.equal(keys(), 'abc')
  })

  it('lets some go first, and the others not wait for ever', async () => {
    const { add, keys, last, queue } = start()
    await add('a', 'b', 'c')
    for (const key of 'defgh') queue.add(key, true)
    queue.add('c', true)
    for (let i = 0; i < 7; i += 1) await last().done()
    assert.equal(keys(), 'adebfghc', 'one of four is of the others')
  })

  it('comes back when the work says so, or earlier when it is added', async () => {
    const { add, keys, last, pass } = start()
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
    const { queue, keys, pass, last } = start()
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
    const { add, keys, last, pass } = start()
    await add('a')
    const days = 24 * 3_600_000
    await last().done(90 * days)
    await pass(89 * days)
    assert.equal(keys(), 'a')
    await pass(1 * days)
    assert.equal(keys(), 'aa')
  })

  it('tries again what failed, later each time, and soon after it worked once', async () => {
    const { add, failures, last, pass, queue } = start()
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
    const { add, failures, last } = start({
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
    const { add, keys, last, pass } = start({ leastWait: () => 5_000 })
    await add('a')
    await last().fail()
    await add('a')
    await pass(4_999)
    assert.equal(keys(), 'a')
    await add('a')
    await pass(1)
    assert.equal(keys(), 'aa')
  })

  it('does what others change back at once at first, and then at a slow pace', async () => {
    const { queue, keys, tries, last, pass } = start()
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
    const { add, keys, last, pass } = start()
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

  it('tries what failed no more often when it is added all the time', async () => {
    const { add, keys, last, pass } = start()
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
    const { add, keys, last, pass } = start()
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
    const { add, keys, last } = start()
    await add('a', 'b')
    await last().fail()
    assert.equal(keys(), 'ab')
  })

  it('takes no more keys than it may', async () => {
    const { queue, keys, last } = start({ most: 2 })
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
    const { queue, add, keys, last, pass, pending } = start()
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
    const { queue, add, keys, last, pending } = start()
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

  it('never works on a key twice at a time, and in the end has done all that was added', async () => {
    const step = fc.oneof(
      fc.record({ add: fc.constantFrom('a', 'b', 'c', 'd', 'e'), first: fc.boolean() }),
      fc.record({ later: fc.constantFrom('a', 'b', 'c', 'd', 'e'), wait: fc.nat(500) }),
      fc.record({ end: fc.nat(9), ok: fc.boolean(), next: fc.option(fc.nat(500)) }),
      fc.record({ pass: fc.nat(400) }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const { queue, tries, pass } = start({ atOnce: 3 })
        const ended = new Set<Try>()
        /** Added, and not begun since. */
        const owed = new Set<string>()
        let seen = 0
        const look = () => {
          for (const { key } of tries.slice(seen)) owed.delete(key)
          seen = tries.length
          const open = tries.filter((one) => !ended.has(one)).map(({ key }) => key)
          assert.equal(new Set(open).size, open.length, open.join())
          assert.ok(open.length <= 3)
        }
        const end = async (one: Try | undefined, ok: boolean, next?: number) => {
          if (one === undefined) return
          ended.add(one)
          await (ok ? one.done(next) : one.fail())
        }
        for (const one of steps) {
          if ('add' in one) {
            owed.add(one.add)
            queue.add(one.add, one.first)
            await turn()
          } else if ('later' in one) queue.addAfter(one.later, one.wait)
          else if ('pass' in one) await pass(one.pass)
          else {
            const open = tries.filter((each) => !ended.has(each))
            await end(open[one.end % Math.max(1, open.length)], one.ok, one.next ?? undefined)
          }
          look()
        }
        for (let i = 0; i < 40; i += 1) {
          for (const one of tries.filter((each) => !ended.has(each))) await end(one, true)
          await pass(1_000)
          look()
        }
        assert.deepEqual([...owed], [])
        assert.deepEqual(queue.counts(), { waiting: 0, working: 0, later: 0, failing: 0 })
      }),
      { numRuns: 200 },
    )
  })
})
