import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { compileHours, formatHours, type HoursSource } from '../../../src/policy/hours.ts'

const seconds = (moment: string) => Date.parse(moment) / 1000

describe('hours', () => {
  const WEEKDAYS = { days: ['mon', 'tue', 'wed', 'thu', 'fri'] } as const
  const OFFICE = { ...WEEKDAYS, from: 8 * 60, to: 18 * 60, zone: 'Europe/Berlin' }
  const NIGHT = { days: ['fri'], from: 22 * 60, to: 6 * 60 } as const
  const CASES: readonly (readonly [HoursSource, moment: string, open: boolean])[] = [
    // Wednesday; Berlin is one hour ahead in winter, two in summer.
    [OFFICE, '2026-11-25T06:59:59Z', false],
    [OFFICE, '2026-11-25T07:00:00Z', true],
    [OFFICE, '2026-11-25T16:59:59Z', true],
    [OFFICE, '2026-11-25T17:00:00Z', false],
    [OFFICE, '2026-07-15T06:00:00Z', true],
    [OFFICE, '2026-07-15T16:00:00Z', false],
    [OFFICE, '2026-11-28T10:00:00Z', false],
    [NIGHT, '2026-11-27T21:59:00Z', false],
    [NIGHT, '2026-11-27T22:00:00Z', true],
    [NIGHT, '2026-11-28T05:59:00Z', true],
    [NIGHT, '2026-11-28T06:00:00Z', false],
    [NIGHT, '2026-11-28T23:00:00Z', false],
    [NIGHT, '2026-11-27T05:00:00Z', false],
    [{ days: ['sun'] }, '2026-11-29T00:00:00Z', true],
    [{ days: ['sun'] }, '2026-11-30T00:00:00Z', false],
    [{ days: ['sat'], from: 60, to: 30 }, '2026-11-29T00:29:00Z', true],
    [{ from: 23 * 60 }, '2026-11-29T23:59:59Z', true],
    [{ to: 60 }, '2026-11-29T00:59:59Z', true],
    [{ to: 60 }, '2026-11-29T01:00:00Z', false],
    [{ zone: 'Asia/Kathmandu', to: 60 }, '2026-11-29T18:15:00Z', true],
    [{ zone: 'Asia/Kathmandu', to: 60 }, '2026-11-29T18:14:59Z', false],
    [{ notBefore: seconds('2026-11-25T00:00:00Z') }, '2026-11-25T00:00:00Z', true],
    [{ notBefore: seconds('2026-11-25T00:00:00Z') }, '2026-11-24T23:59:59.9Z', false],
    [{ notAfter: seconds('2026-11-25T00:00:30Z') }, '2026-11-25T00:00:29Z', true],
    [{ notAfter: seconds('2026-11-25T00:00:30Z') }, '2026-11-25T00:00:30Z', false],
  ]
  for (const [source, moment, open] of CASES) {
    it(`${JSON.stringify(source)} ${open ? 'has' : 'does not have'} ${moment}`, () => {
      const hours = compileHours(source)
      // Twice, since the second time is answered from what is known of the minute.
      assert.equal(hours.contains(seconds(moment)), open)
      assert.equal(hours.contains(seconds(moment)), open)
    })
  }

  it('knows one minute from another', () => {
    const hours = compileHours({ to: 60 })
    const answers = ['00:59', '01:00', '00:59'].map((at) =>
      hours.contains(seconds(`2026-11-25T${at}:00Z`)),
    )
    assert.deepEqual(answers, [true, false, true])
  })

  it('can be told as they are written', () => {
    const spans: readonly (readonly [HoursSource, string])[] = [
      [OFFICE, 'mon tue wed thu fri 08:00–18:00 Europe/Berlin'],
      [{ from: 23 * 60 + 5 }, '23:05–24:00'],
      [{ notBefore: seconds('2026-11-25T00:00:00Z') }, 'from 2026-11-25T00:00:00Z'],
      [
        { days: ['sun'], notAfter: seconds('2027-01-01T00:00:00Z') },
        'sun until 2027-01-01T00:00:00Z',
      ],
    ]
    for (const [source, text] of spans) assert.equal(formatHours(source), text)
  })
})
