import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createOutage } from '../../../../../src/adapters/kubernetes/follow/outage.ts'

function outage() {
  const lines: string[] = []
  const write = (level: string) => (fields: object) =>
    void lines.push(`${level} ${(fields as { error?: string }).error ?? ''}`.trim())
  const log = { info: write('info'), warn: write('warn'), error: write('error') }
  return { lines, tell: createOutage(log, {}).tell }
}

describe('createOutage', () => {
  it('says nothing of one failure that is over at the next attempt', () => {
    const { lines, tell } = outage()
    for (let i = 0; i < 100; i += 1) {
      tell('reset')
      tell(undefined)
    }
    assert.deepEqual(lines, [])
  })

  it('says why it lasts, each reason once, and that it is over', () => {
    const { lines, tell } = outage()
    for (const problem of ['reset', 'refused', 'refused', 'reset', 'forbidden']) tell(problem)
    tell(undefined)
    assert.deepEqual(lines, ['warn refused', 'warn reset', 'warn forbidden', 'info'])
  })

  it('says no more than somebody can read', () => {
    const { lines, tell } = outage()
    for (let i = 0; i < 1_000; i += 1) tell(`reason ${i}`)
    tell(undefined)
    assert.equal(lines.length, 6)
  })
})
