import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { createLines } from '../../../../../src/adapters/kubernetes/follow/lines.ts'

function cut(chunks: readonly Buffer[], most: number) {
  const got: string[] = []
  const tooLong: string[] = []
  const lines = createLines({
    most,
    onLine: (line) => got.push(line),
    onTooLong: (beginning) => tooLong.push(beginning),
  })
  for (const chunk of chunks) lines.push(chunk)
  return { got, tooLong, pending: lines.pending() }
}

describe('createLines', () => {
  it('gives the lines of a text, however it is cut', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'é', '😀', '\n') })
    fc.assert(
      fc.property(text, fc.array(fc.nat(40)), (whole, cuts) => {
        const bytes = Buffer.from(whole)
        const places = [0, ...cuts.map((at) => at % (bytes.length + 1)), bytes.length]
        places.sort((a, b) => a - b)
        const chunks = places.slice(1).map((end, i) => bytes.subarray(places[i], end))
        const parts = whole.split('\n')
        const rest = parts.pop() ?? ''
        assert.deepEqual(cut(chunks, 1_000), {
          got: parts.filter((line) => line !== ''),
          ...{ tooLong: [], pending: Buffer.byteLength(rest) },
        })
      }),
    )
  })

  const TABLE: readonly (readonly [chunks: readonly string[], got: string[], tooLong: string[]])[] =
    [
      [['1234\n'], ['1234'], []],
      [['12345\n'], [], ['12345']],
      [['12', '345', '678', '9\n', 'ab\n'], ['ab'], ['12345']],
      [['a\n123456\nb\n'], ['a', 'b'], ['123456']],
      [['12345', '\n54321\n'], [], ['12345', '54321']],
    ]
  for (const [chunks, got, tooLong] of TABLE) {
    it(`keeps no more than the beginning of a line of more than four bytes: ${JSON.stringify(chunks)}`, () => {
      const result = cut(
        chunks.map((chunk) => Buffer.from(chunk)),
        4,
      )
      assert.deepEqual(result, { got, tooLong, pending: 0 })
    })
  }
})
