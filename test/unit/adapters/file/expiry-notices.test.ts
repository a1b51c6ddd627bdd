import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createExpiryNotices } from '../../../../src/adapters/file/expiry-notices.ts'

const DAY = 86_400
const END = 1000 * DAY
const ENDING = {
  ...{ file: 'keys/signing.crt', notAfter: END, next: 'rauth keys rotate' },
  harm: 'nobody takes it',
}

function start() {
  const lines: (readonly [string, string, object])[] = []
  const to = (level: string) => (fields: object, message: string) => {
    lines.push([level, message, fields])
  }
  const notice = createExpiryNotices({ info: to('info'), warn: to('warn'), error: to('error') })
  return {
    lines,
    at: (days: number) => {
      notice([ENDING], END + days * DAY)
    },
  }
}

describe('createExpiryNotices', () => {
  it('is silent until 30 days before the end', () => {
    const { lines, at } = start()
    for (const days of [-365, -31, -30.01]) at(days)
    assert.deepEqual(lines, [])
  })

  it('warns then, and daily however often it looks, and tells what to do', () => {
    const { lines, at } = start()
    for (const days of [-30, -29.99, -29.5, -29.01, -29, -28.5, -28]) at(days)
    assert.deepEqual(
      lines.map(([level, message, fields]) => [level, message, (fields as { days: number }).days]),
      [30, 29, 28].map((days) => ['warn', 'certificate ends soon', days]),
    )
    assert.deepEqual(lines[0]?.[2], {
      ...{ file: 'keys/signing.crt', next: 'rauth keys rotate' },
      ...{ days: 30, ends: '1972-09-27T00:00:00Z' },
    })
  })

  it('calls it an error once it has ended, at once and daily', () => {
    const { lines, at } = start()
    for (const days of [-0.1, 0, 0.1, 0.9, 1]) at(days)
    assert.deepEqual(
      lines.map(([level]) => level),
      ['warn', 'error', 'error'],
    )
    assert.equal(lines[1]?.[1], 'certificate has ended: nobody takes it')
  })
})
