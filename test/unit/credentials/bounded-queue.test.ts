import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { createBoundedQueue } from '../../../src/credentials/bounded-queue.ts'
import type { SlotLimits } from '../../../src/slots.ts'

const settled = () => new Promise<void>((resolve) => setImmediate(resolve))

/** A queue of tasks that end when they are told to. */
function start(limits: SlotLimits) {
  const queue = createBoundedQueue(limits)
  const started: string[] = []
  const running = new Map<string, Readonly<Record<'end' | 'fail', () => void>>>()
  const add = (name: string, share = name) =>
    queue(share, () => {
      started.push(name)
      return new Promise<string>((resolve, reject) => {
        running.set(name, {
          end() {
            running.delete(name)
            resolve(name)
          },
          fail() {
            running.delete(name)
            reject(new Error(name))
          },
        })
      })
    })
  return { add, started, running }
}

describe('createBoundedQueue', () => {
  it('starts few at a time, in their order, and gives each its answer', async () => {
    const { add, started, running } = start({ atOnce: 2, waiting: 9, perShare: 9 })
    const answers = ['a', 'b', 'c', 'd'].map(async (name) => add(name))
    await settled()
    assert.deepEqual(started, ['a', 'b'])
    running.get('b')?.end()
    await settled()
    assert.deepEqual(started, ['a', 'b', 'c'])
    running.get('a')?.end()
    running.get('c')?.end()
    await settled()
    running.get('d')?.end()
    assert.deepEqual(await Promise.all(answers), ['a', 'b', 'c', 'd'])
  })

  it('turns away at once what finds no place, and takes more when there is one', async () => {
    const { add, started, running } = start({ atOnce: 1, waiting: 1, perShare: 9 })
    const [first, second] = [add('a'), add('b')]
    assert.equal(add('c'), undefined)
    await settled()
    running.get('a')?.end()
    await first
    const third = add('d')
    assert.notEqual(third, undefined)
    assert.equal(add('e'), undefined)
    await settled()
    running.get('b')?.end()
    await second
    await settled()
    running.get('d')?.end()
    await third
    assert.deepEqual(started, ['a', 'b', 'd'])
  })

  it('gives no one more than a share, running and waiting together', async () => {
    const { add, running } = start({ atOnce: 1, waiting: 9, perShare: 2 })
    const flood = [add('a1', 'a'), add('a2', 'a')]
    assert.equal(add('a3', 'a'), undefined)
    const other = add('b')
    assert.notEqual(other, undefined)
    await settled()
    running.get('a1')?.end()
    await flood[0]
    const again = add('a4', 'a')
    assert.notEqual(again, undefined)
    for (const name of ['a2', 'b', 'a4']) {
      await settled()
      running.get(name)?.end()
    }
    await Promise.all([...flood, other, again])
  })

  it('goes on after a task that failed, or that threw before it began', async () => {
    const { add, running } = start({ atOnce: 1, waiting: 9, perShare: 1 })
    const failed = add('a')
    const next = add('b')
    await settled()
    running.get('a')?.fail()
    await assert.rejects(failed ?? Promise.resolve())
    await settled()
    running.get('b')?.end()
    assert.equal(await next, 'b')
    const queue = createBoundedQueue({ atOnce: 1, waiting: 0, perShare: 1 })
    const thrown = queue('a', () => {
      throw new Error('no task')
    })
    await assert.rejects(thrown ?? Promise.resolve(), /no task/)
    assert.equal(await queue('a', () => Promise.resolve('b')), 'b')
  })

  it('never runs or holds more than it may, and is empty in the end', async () => {
    const share = fc.constantFrom('a', 'b', 'c')
    const act = fc.oneof(share, fc.constant(undefined))
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 60 }), async (acts) => {
        const limits = { atOnce: 2, waiting: 3, perShare: 3 }
        const { add, running } = start(limits)
        const held: Promise<unknown>[] = []
        let names = 0
        const endOne = () => [...running.values()][0]?.end()
        for (const one of acts) {
          if (one === undefined) endOne()
          else {
            const answer = add(`${one}${(names += 1)}`, one)
            if (answer !== undefined) held.push(answer)
          }
          await settled()
          assert.ok(running.size <= limits.atOnce)
        }
        while (running.size > 0) {
          endOne()
          await settled()
        }
        await Promise.all(held)
        const after = Array.from({ length: 5 }, (_, i) => add(`z${i}`, `z${i}`))
        assert.ok(after.every((one) => one !== undefined))
        assert.equal(add('z6', 'z6'), undefined)
      }),
      { numRuns: 50 },
    )
  })
})
