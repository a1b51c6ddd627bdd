import assert from 'node:assert/strict'
import { setImmediate as turn } from 'node:timers/promises'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { startQueue, type Try } from '../../support/control/work-queue.ts'

describe('a work queue, whatever comes', () => {
  it('never works on a key twice at a time, and in the end has done all that was added', async () => {
    const step = fc.oneof(
      fc.record({ add: fc.constantFrom('a', 'b', 'c', 'd', 'e'), first: fc.boolean() }),
      fc.record({ later: fc.constantFrom('a', 'b', 'c', 'd', 'e'), wait: fc.nat(500) }),
      fc.record({ end: fc.nat(9), ok: fc.boolean(), next: fc.option(fc.nat(500)) }),
      fc.record({ pass: fc.nat(400) }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const { queue, tries, pass } = startQueue({ atOnce: 3 })
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
