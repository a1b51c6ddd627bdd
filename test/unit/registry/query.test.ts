import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { parseQuery } from '../../../src/registry/query.ts'

const QUERIES: readonly (readonly [
  text: string,
  parameters: readonly (readonly [string, string])[],
])[] = [
  ['', []],
  ['n=10', [['n', '10']]],
  ['n=10&last=team-a/app', [['n', '10'], ['last', 'team-a/app']]], // prettier-ignore
  ['from=team-a%2Fapp', [['from', 'team-a/app']]],
  ['_state=AbC-_==', [['_state', 'AbC-_==']]],
  ['_state=AbC%3D%3D', [['_state', 'AbC==']]],
  ['a', [['a', '']]],
  ['a=', [['a', '']]],
  ['a=b=c', [['a', 'b=c']]],
  ['artifactType=application/spdx%2Bjson', [['artifactType', 'application/spdx+json']]],
  ['a=%26b%3Dc', [['a', '&b=c']]],
  ['a=%c3%a9', [['a', 'é']]],
  ['__proto__=x', [['__proto__', 'x']]],
]

const REFUSED: readonly (readonly [what: string, text: string])[] = [
  ['a bad escape before a good pair', 'from=%zz&from=team-b/x'],
  ['a bad escape', 'a=%'],
  ['half an escape', 'a=%4'],
  ['a semicolon', 'from=team-a/x;y&from=team-b/x'],
  ['a semicolon between pairs', 'mount=x;from=y'],
  ['a key twice', 'from=team-a/x&from=team-b/x'],
  ['a key twice, once escaped', 'from=team-a/x&fro%6d=team-b/x'],
  ['an escape in a key', 'fr%6Fm=team-a/x'],
  ['the same pair twice', 'n=1&n=1'],
  ['an empty pair', 'a=1&&b=2'],
  ['an ampersand at the end', 'a=1&'],
  ['a lone ampersand', '&'],
  ['an empty key', '=a'],
  ['a plus, which is a space to some', 'a=b+c'],
  ['bytes that are not UTF-8', 'a=%ff'],
  ['an overlong slash', 'a=%c0%af'],
  ['a surrogate', 'a=%ed%a0%80'],
  ['a NUL', 'last=%00'],
  ['a line break', 'a=%0d%0aset-cookie:x'],
  ['DEL', 'a=%7f'],
  ['a C1 control', 'a=%c2%85'],
  ['a raw control', 'a=\x01'],
  ['a raw space', 'a=b c'],
  ['a raw character beyond ASCII', 'a=é'],
  ['a fragment', 'a=b#c'],
  ['a backslash', 'a=b\\c'],
  ['a quote', 'a="b"'],
  ['17 parameters', Array.from({ length: 17 }, (_, i) => `k${i}=`).join('&')],
  ['8193 characters', `a=${'b'.repeat(8191)}`],
]

describe('parseQuery', () => {
  for (const [text, parameters] of QUERIES) {
    it(`reads ${JSON.stringify(text)}`, () => {
      assert.deepEqual(parseQuery(text), { ok: true, value: new Map(parameters) })
    })
  }

  for (const [what, text] of REFUSED) {
    it(`refuses ${what}`, () => {
      const result = parseQuery(text)
      assert.equal(result.ok ? undefined : result.refusal.reason, 'query_invalid')
    })
  }

  describe('with a list', () => {
    const lists = { tag: /^[a-z0-9]+$/ }
    const reads: readonly (readonly [text: string, first: string | undefined])[] = [
      ['tag=a', 'a'],
      ['tag=b&tag=a&tag=b', 'b'],
      ['tag=%61&x=1&tag=b', 'a'],
      ['tag=a&tag=A', undefined],
      ['tag=A', undefined],
      ['tag=a&tag=', undefined],
      ['tag=a&tag=%zz', undefined],
      ['tag=a&ta%67=b', undefined],
      ['tag=a&x=1&x=2', undefined],
      [Array.from({ length: 17 }, () => 'tag=a').join('&'), undefined],
    ]
    for (const [text, first] of reads) {
      it(`${first === undefined ? 'refuses' : 'reads'} ${text}`, () => {
        const result = parseQuery(text, lists)
        assert.equal(result.ok ? result.value.get('tag') : undefined, first)
        if (!result.ok) assert.equal(result.refusal.reason, 'query_invalid')
      })
    }

    it('takes no name that every object has for one of the list', () => {
      assert.equal(parseQuery('constructor=a&constructor=b', lists).ok, false)
    })
  })

  it('reads back every map that it could have written', () => {
    // A name with an escape is refused, so names are of what needs none.
    const name = fc.stringMatching(/^[A-Za-z0-9._~-]{1,12}$/)
    const printable = fc.string({ unit: 'grapheme', maxLength: 12 }).filter(isPrintable)
    const entries = fc.uniqueArray(fc.tuple(name, printable), {
      selector: ([key]) => key,
      maxLength: 8,
    })
    fc.assert(
      fc.property(entries, (pairs) => {
        const parameters = new Map(pairs)
        const text = [...parameters]
          .map((pair) => pair.map((part) => encodeURIComponent(part)).join('='))
          .join('&')
        assert.deepEqual(parseQuery(text), { ok: true, value: parameters })
      }),
    )
  })

  it('agrees with URLSearchParams on what it takes', () => {
    const junk = fc.stringMatching(/^([ab&=;+]|%[236][36dDfF]?){0,9}$/)
    fc.assert(
      fc.property(junk, (text) => {
        const result = parseQuery(text)
        if (!result.ok) return
        assert.deepEqual([...result.value], [...new URLSearchParams(text)])
      }),
      { numRuns: 5_000 },
    )
  })
})

function isPrintable(text: string): boolean {
  return !/\p{Cc}/u.test(text)
}
