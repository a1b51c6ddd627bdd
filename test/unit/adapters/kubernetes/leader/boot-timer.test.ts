import assert from 'node:assert/strict'
import os from 'node:os'
import { describe, it } from 'node:test'
import { createBootTimer } from '../../../../../src/adapters/kubernetes/leader/boot-timer.ts'

describe('createBootTimer', () => {
  it('goes as the clock of the process does while neither that nor the machine rests, and never back', () => {
    const begin = performance.now()
    const timer = createBootTimer()
    const begun = performance.now()
    let last = 0
    while (performance.now() - begin < 50) {
      const now = timer()
      assert.ok(now >= last)
      last = now
    }
    // Whatever the machine does between two of these.
    const least = performance.now() - begun
    const passed = timer()
    const most = performance.now() - begin
    assert.ok(passed >= least && passed <= most + 11, `${passed} of ${least} to ${most}`)
  })

  it('counts the time in which only the machine’s clock went on', (t) => {
    const uptime = os.uptime()
    const clock = t.mock.method(os, 'uptime', () => uptime)
    const timer = createBootTimer()
    clock.mock.mockImplementation(() => uptime + 3_600)
    assert.ok(timer() >= 3_599_000)
  })
})
