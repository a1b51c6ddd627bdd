import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { pino, type Logger } from 'pino'
import { logDecision } from '../../../../src/adapters/ops/decision-line.ts'
import { LOG_OPTIONS } from '../../../../src/adapters/ops/logger.ts'
import type { DecisionEvent } from '../../../../src/event.ts'

function logged(level: string, use: (log: Logger) => void) {
  const lines: string[] = []
  use(pino({ ...LOG_OPTIONS, level }, { write: (line) => void lines.push(line) }))
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>)
}

const EVENT: DecisionEvent = {
  ...{ id: 'id-1', half: 'token', outcome: 'allowed', status: 200, duration: 1.23456 },
}

describe('log', () => {
  it('has one line a decision, with its level and a readable time', () => {
    const [line, ...others] = logged('info', (log) => {
      logDecision(log, EVENT)
    })
    assert.deepEqual(others, [])
    const { time, ...fields } = line ?? assert.fail()
    assert.match(String(time), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    assert.deepEqual(fields, {
      ...{ level: 'info', msg: 'decision', id: 'id-1', half: 'token', outcome: 'allowed' },
      ...{ status: 200, milliseconds: 1.235 },
    })
  })

  it('tells what rauth could not decide at the level of its reason', () => {
    const lines = logged('warn', (log) => {
      logDecision(log, EVENT)
      logDecision(log, { ...EVENT, outcome: 'refused', status: 403, reason: 'access_denied' })
      logDecision(log, { ...EVENT, outcome: 'failed', status: 503, reason: 'not_ready' })
      logDecision(log, { ...EVENT, outcome: 'failed', status: 503, reason: 'internal' })
    })
    assert.deepEqual(
      lines.map(({ level, reason }) => [level, reason]),
      [
        ['warn', 'not_ready'],
        ['error', 'internal'],
      ],
    )
  })

  it('hides what is named like a secret, and nothing else', () => {
    const [line] = logged('info', (log) => {
      const ports = { token: 8080 }
      log.info({ password: 'canary', request: { authorization: 'canary' }, ports }, 'x')
    })
    assert.doesNotMatch(JSON.stringify(line), /canary/)
    assert.deepEqual(line?.['ports'], { token: 8080 })
  })

  it('keeps a line one line, whatever a client sent', () => {
    const lines = logged('info', (log) => {
      logDecision(log, { ...EVENT, account: 'a\n{"level":"info","msg":"forged"}' })
    })
    assert.equal(lines.length, 1)
  })
})
