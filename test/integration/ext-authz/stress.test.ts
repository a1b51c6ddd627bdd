import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { ATTACKS } from '../../stress/attacks.ts'
import { besiege, type Outcome } from '../../stress/siege.ts'
import { verdict } from '../../stress/verdict.ts'
import type { Random } from '../../support/random.ts'

/** The bundled program under each attack once; `node tools/run.mjs stress` goes on for longer. */

const SEED = 20261125

describe('the gateway under attack', () => {
  it('answers who asks as usual, holds no memory and keeps no connection', async (context) => {
    const all = Object.keys(ATTACKS).length
    const outcome = await besiege({
      ...{ attacks: ATTACKS, seed: SEED, goesOn: (attacks) => attacks < all },
    })
    const { lines, wrong } = verdict(outcome)
    for (const line of lines) context.diagnostic(line)
    assert.deepEqual(wrong, [])
    assert.ok(outcome.checks > all, 'it was hardly asked')
  })

  it('is told of when it ends, answers wrongly or not at all', async () => {
    const attacks = {
      'the end of it': async (_port: number, _random: Random, pid: number) => {
        process.kill(pid, 'SIGKILL')
        await sleep(200)
      },
    }
    const outcome = await besiege({ attacks, seed: SEED, goesOn: (count) => count < 1 })
    const { wrong } = verdict(outcome)
    assert.match(wrong.join(), /the end of it: the gateway ended: .*SIGKILL/)
  })

  const GOOD: Outcome = {
    ...{ attacks: 1, checks: 1, failures: [], slowest: 1 },
    memory: { before: 100, most: 300, end: 150 },
    files: { before: 25, end: 25 },
  }
  it('is judged by what it held and what it kept', () => {
    assert.deepEqual(verdict(GOOD).wrong, [])
    for (const bad of [
      { failures: ['x'] },
      { memory: { ...GOOD.memory, most: 600 } },
      { memory: { ...GOOD.memory, end: 600 } },
      { memory: { ...GOOD.memory, end: NaN } },
      { files: { before: 25, end: 26 } },
      { files: { before: 25, end: NaN } },
    ]) {
      assert.equal(verdict({ ...GOOD, ...bad }).wrong.length, 1)
    }
  })
})
