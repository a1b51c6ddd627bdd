import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createLogRation } from '../../../src/adapters/log-ration.ts'

describe('createLogRation', () => {
  it('gives each thing its lines in a window, and then tells how many there were more', () => {
    let now = 0
    const ration = createLogRation({ lines: 2, window: 1_000, timer: () => now })
    const rows: readonly (readonly [at: number, thing: string, more: number | undefined])[] = [
      [0, 'a', 0],
      [10, 'a', 0],
      [20, 'a', undefined],
      [20, 'b', 0],
      [999, 'a', undefined],
      [1_000, 'a', 2],
      [1_010, 'a', 0],
      [1_020, 'b', 0],
      [1_999, 'a', undefined],
      [5_000, 'a', 1],
      [9_000, 'a', 0],
    ]
    for (const [at, thing, more] of rows) {
      now = at
      assert.deepEqual(ration(thing), more === undefined ? undefined : { more }, `${at} ${thing}`)
    }
  })
})
