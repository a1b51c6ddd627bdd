import assert from 'node:assert/strict'
import { it } from 'node:test'
import { parseTraceParent } from '../../src/trace-parent.ts'

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const SPAN = 'b7ad6b7169203331'

/** W3C Trace Context level 2, §3.2: what each text says. */
const TABLE: readonly (readonly [text: string | undefined, sampled: boolean | undefined])[] = [
  [`00-${TRACE}-${SPAN}-01`, true],
  [`00-${TRACE}-${SPAN}-00`, false],
  [`00-${TRACE}-${SPAN}-03`, true],
  [`00-${TRACE}-${SPAN}-02`, false],
  // A version to come may have more behind what this one has.
  [`cc-${TRACE}-${SPAN}-01`, true],
  [`cc-${TRACE}-${SPAN}-01-what-else`, true],
  [`cc-${TRACE}-${SPAN}-01what`, undefined],
  [`00-${TRACE}-${SPAN}-01-what`, undefined],
  [`ff-${TRACE}-${SPAN}-01`, undefined],
  [`00-${'0'.repeat(32)}-${SPAN}-01`, undefined],
  [`00-${TRACE}-${'0'.repeat(16)}-01`, undefined],
  [`00-${TRACE.toUpperCase()}-${SPAN}-01`, undefined],
  [`00-${TRACE}-${SPAN}`, undefined],
  [`00-${TRACE}-${SPAN}-1`, undefined],
  [`00-${TRACE}-${SPAN}-01\n`, undefined],
  [`00-${TRACE}-${SPAN}-01, 00-${TRACE}-${SPAN}-01`, undefined],
  [` 00-${TRACE}-${SPAN}-01`, undefined],
  ['', undefined],
  [undefined, undefined],
]

for (const [text, sampled] of TABLE) {
  it(`reads ${JSON.stringify(text)}`, () => {
    const expected = sampled === undefined ? undefined : { traceId: TRACE, spanId: SPAN, sampled }
    assert.deepEqual(parseTraceParent(text), expected)
  })
}
