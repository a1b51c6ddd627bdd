import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { createLines } from '../../../../src/adapters/kubernetes/lines.ts'

function cut(chunks: readonly Buffer[], most: number) {
  const got: string[] = []
  let tooLong = 0
  const lines = createLines({
    most,
    onLine: (line) => got.push(line),
    onTooLong: () => (tooLong += 1),
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
          ...{ tooLong: 0, pending: Buffer.byteLength(rest) },
        })
      }),
    )
  })

  const TABLE: readonly (readonly [chunks: readonly string[], got: string[], tooLong: number])[] = [
    [['1234\n'], ['1234'], 0],
    [['12345\n'], [], 1],
    [['12', '345', '678', '9\n', 'ab\n'], ['ab'], 1],
    [['a\n123456\nb\n'], ['a', 'b'], 1],
    [['12345', '\n12345\n'], [], 2],
  ]
  for (const [chunks, got, tooLong] of TABLE) {
    it(`keeps nothing of a line of more than four bytes: ${JSON.stringify(chunks)}`, () => {
      const result = cut(
        chunks.map((chunk) => Buffer.from(chunk)),
        4,
      )
      assert.deepEqual(result, { got, tooLong, pending: 0 })
    })
  }
})
