import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ATTACKS } from '../../stress/attacks.ts'
import { besiege } from '../../stress/siege.ts'
import { verdict } from '../../stress/verdict.ts'

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
})
