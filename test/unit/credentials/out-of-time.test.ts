import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { outOfTime } from '../../../src/credentials/out-of-time.ts'

const [BEFORE, NOW, AFTER] = [1_793_000_000, 1_794_000_000, 1_795_000_000]
const id = 'team-a/registry-credentials'
const ended = { id, notAfter: BEFORE }
const more = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ id: `n${i}/registry-credentials`, notAfter: NOW }))

describe('what is told of credentials that are not good at a time', () => {
  const CASES: readonly (readonly [
    what: string,
    credentials: Parameters<typeof outOfTime>[0],
    words: string | undefined,
  ])[] = [
    ['none', [], undefined],
    ['one that is good', [{ id, notBefore: NOW, notAfter: AFTER }], undefined],
    ['one that ended', [ended], `that of ${id} ended at 2026-10-26T07:33:20Z`],
    [
      'two of one Secret that ended then',
      [ended, ended],
      `that of ${id} ended at 2026-10-26T07:33:20Z`,
    ],
    ['one that begins', [{ id, notBefore: AFTER }], `that of ${id} begins at 2026-11-18T11:06:40Z`],
    [
      'some of each',
      [{ id, notAfter: AFTER }, ended, { id, notBefore: AFTER }],
      `that of ${id} ended at 2026-10-26T07:33:20Z, that of ${id} begins at 2026-11-18T11:06:40Z`,
    ],
  ]
  for (const [what, credentials, words] of CASES) {
    it(what, () => {
      assert.equal(outOfTime(credentials, NOW)?.words, words)
    })
  }

  it('names few of many', () => {
    assert.match(
      outOfTime(more(9), NOW)?.words ?? '',
      /^that of n0\/.*, that of n2\/[^,]*, 6 more$/,
    )
  })
})
