import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { judge, slopeOf, type Sample } from '../soak/judge.ts'
import { soak } from '../soak/soak.ts'
import { startChecking } from '../support/checking.ts'

/** `npm run soak` for seconds, and what it says of a rauth that leaks or lies. */

const SEED = 20261125
const short = { seconds: 4, rate: 100, seed: SEED, every: 200 }

describe('the soak', () => {
  it('finds nothing wrong', async (context) => {
    const figures = await soak({ ...short, seconds: 15, rate: 100, every: 500, namespaces: 12 })
    const { lines, problems } = judge(figures)
    for (const line of lines) context.diagnostic(line)
    assert.deepEqual(problems, [])
    assert.ok(figures.requests > 1_000, `${figures.requests} requests`)
    for (const what of ['rotated', 'logins']) assert.ok((figures.changes[what] ?? 0) > 0, what)
  })

  it('reports files that stay open', async () => {
    let files = 20
    const figures = await soak({ ...short, measure: () => ({ memory: 100, files: files++ }) })
    assert.match(judge(figures).problems.join(), /^open files grew from 20 to \d+$/)
  })

  it('reports wrong answers and missing ones', async () => {
    let asked = 0
    const asker = (port: number, patience: number) => {
      const real = startChecking(port, patience)
      return {
        ...real,
        async check(...args: Parameters<typeof real.check>) {
          asked += 1
          if (asked === 20) throw new Error('no answer')
          return asked === 10 ? 418 : real.check(...args)
        },
      }
    }
    const { wrong, unanswered } = await soak({ ...short, seconds: 1, asker })
    assert.deepEqual([wrong.length, unanswered.length], [1, 1])
    assert.match(wrong.join(), /: 418 and not /)
    assert.match(unanswered.join(), /: no answer/)
  })

  it('reports memory that grows, once it can tell', () => {
    const samples = (minutes: number, grows: number): readonly Sample[] =>
      Array.from({ length: minutes * 30 }, (_, i) => ({
        ...{ at: i * 2, files: 20 },
        memory: 100 + (i % 7) + (i * 2 * grows) / 3600,
      }))
    const of = (minutes: number, grows: number) =>
      judge({
        ...{ requests: 1, wrong: [], unanswered: [], latencies: [1], changes: {} },
        samples: samples(minutes, grows),
      }).problems
    assert.match(of(30, 100).join(), /^memory grew by (9|10)\d MiB an hour$/)
    assert.deepEqual(of(30, 1), [])
    assert.deepEqual(of(2, 100), [])
    assert.ok(Math.abs(slopeOf(samples(30, 60)) - 60) < 2)
  })

  it('does not pass where nothing was measured', () => {
    const nothing = {
      requests: 0,
      wrong: [],
      unanswered: [],
      latencies: [],
      changes: {},
      samples: [],
    }
    assert.deepEqual(judge(nothing).problems, ['nothing was measured'])
  })
})
