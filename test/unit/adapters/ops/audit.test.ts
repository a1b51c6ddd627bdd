import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createAudit } from '../../../../src/adapters/ops/audit.ts'
import { createLogger } from '../../../../src/adapters/ops/logger.ts'
import type { DecisionEvent } from '../../../../src/event.ts'
import { auditLines } from '../../../support/audit-lines.ts'

const READ: DecisionEvent = {
  ...{ id: 'id-1', half: 'gateway', outcome: 'allowed', status: 200, duration: 1.23456 },
  route: 'manifest_read',
}

function audited(
  events: readonly DecisionEvent[],
  { sampleReads = 1, all = false, random = () => 0.5 },
) {
  const written: string[] = []
  const logger = createLogger('trace', { write: (line) => void written.push(line) })
  const write = createAudit({ logger, sampleReads, random, all: () => all })
  for (const event of events) write(event)
  return auditLines(written.join(''))
}

describe('the audit', () => {
  it('has a line for every decision, if nothing else is wanted', () => {
    const lines = audited([READ, { ...READ, id: 'id-2' }], { random: () => 0.99 })
    assert.deepEqual(
      lines.map(({ id, sampled }) => [id, sampled]),
      [
        ['id-1', undefined],
        ['id-2', undefined],
      ],
    )
  })

  it('has one for some of the reads that were allowed, and says for how many it stands', () => {
    const chances = [0.09, 0.1, 0.11, 0.999, 0]
    const random = () => chances.shift() ?? 1
    const events = chances.map((chance) => ({ ...READ, id: `id-${chance * 1000}` }))
    const lines = audited(events, { sampleReads: 10, random })
    assert.deepEqual(
      lines.map(({ id, sampled }) => [id, sampled]),
      [
        ['id-90', 10],
        ['id-0', 10],
      ],
    )
  })

  const KEPT: readonly (readonly [string, Partial<DecisionEvent>])[] = [
    ['a refused read', { outcome: 'refused', status: 403, reason: 'access_denied' }],
    ['one that rauth could not decide', { outcome: 'failed', status: 503, reason: 'internal' }],
    ['a write', { route: 'manifest_write' }],
    ['a step of an upload', { route: 'upload' }],
    ['a deletion', { route: 'blob_delete' }],
    ['a token', { half: 'token', route: 'token' }],
    ['one that a rule in shadow would deny', { shadow: 'rules[1] denies' }],
  ]
  for (const [what, fields] of KEPT) {
    it(`never leaves out ${what}`, () => {
      const lines = audited([{ ...READ, ...fields }], { sampleReads: 1000 })
      assert.deepEqual(
        lines.map(({ sampled }) => sampled),
        [undefined],
      )
    })
  }

  it('leaves out nothing as long as all is wanted', () => {
    assert.equal(audited([READ, READ], { sampleReads: 1000, all: true }).length, 2)
  })
})
