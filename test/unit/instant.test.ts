import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { formatInstant, parseInstant } from '../../src/instant.ts'

describe('parseInstant', () => {
  // RFC 3339 §5.8.
  const GOOD: readonly (readonly [string, string])[] = [
    ['1985-04-12T23:20:50.52Z', '1985-04-12T23:20:50.520Z'],
    ['1996-12-19T16:39:57-08:00', '1996-12-20T00:39:57.000Z'],
    ['2024-02-29t12:00:00z', '2024-02-29T12:00:00.000Z'],
    ['2027-01-31T12:00:00+05:30', '2027-01-31T06:30:00.000Z'],
    ['2027-12-31T23:59:59.999999999Z', '2027-12-31T23:59:59.999Z'],
  ]
  for (const [text, expected] of GOOD) {
    it(`reads ${text}`, () => {
      assert.equal(new Date((parseInstant(text) ?? NaN) * 1000).toISOString(), expected)
    })
  }

  const BAD = [
    ...['', 'tomorrow', '2027-01-31', '2027-01-31T12:00:00', '2027-01-31 12:00:00Z', '1800000000'],
    ...['2027-02-29T00:00:00Z', '2027-04-31T00:00:00Z', '2027-00-01T00:00:00Z'],
    ...['2027-13-01T00:00:00Z', '2027-01-00T00:00:00Z', '2027-01-01T24:00:00Z'],
    ...['2027-01-01T00:60:00Z', '2027-01-01T00:00:60Z', '2027-01-01T00:00:00+24:00'],
    ...['2027-01-01T00:00:00+01:60', '2027-01-01T00:00:00+0100', ' 2027-01-01T00:00:00Z'],
    ...['2027-01-01T00:00:00Z\n', '+002027-01-01T00:00:00Z', '2027-1-1T00:00:00Z'],
    ...['2027-01-01T00:00:00.Z', '2027-01-01T00:00Z', '２027-01-01T00:00:00Z'],
  ]
  for (const text of BAD) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      assert.equal(parseInstant(text), undefined)
    })
  }

  it('reads every time that Date writes', () => {
    const years = { min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true }
    fc.assert(
      fc.property(fc.date(years), (date) => {
        assert.equal(parseInstant(date.toISOString()), date.getTime() / 1000)
      }),
    )
  })
})

describe('formatInstant', () => {
  it('writes what parseInstant reads, in whole seconds', () => {
    assert.equal(formatInstant(1_795_521_600.9), '2026-11-24T12:00:00Z')
    fc.assert(
      fc.property(fc.nat(4_102_444_800), (seconds) => {
        assert.equal(parseInstant(formatInstant(seconds)), seconds)
      }),
    )
  })
})
