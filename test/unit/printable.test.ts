import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { printable, shellWord, visible, visibleJson, visibleLines } from '../../src/printable.ts'

describe('printable', () => {
  const cases: readonly (readonly [string, number, string])[] = [
    ['/v2/x', 10, '/v2/x'],
    ['a b\n{"level":"info"}\u001b[2J\u202e\u00e9', 40, 'a?b?{"level":"info"}?[2J??'],
    ['abcdef', 5, 'abcde…'],
    ['', 5, ''],
  ]
  for (const [text, length, expected] of cases) {
    it(`${JSON.stringify(text)} in ${length} characters`, () => {
      assert.equal(printable(text, length), expected)
    })
  }
})

describe('visible', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['\u001b]0;x\u0007 a\tb\nc', '\\u001b]0;x\\u0007 a\\u0009b\\u000ac'],
    ['\u009b2J\u202egpj\u2028\ud800', '\\u009b2J\\u202egpj\\u2028\\ud800'],
    ['\u{e0041}', '\\u{e0041}'],
    ['wörd, 日本 and a  space', 'wörd, 日本 and a  space'],
  ]
  for (const [text, expected] of cases) {
    it(JSON.stringify(text), () => {
      assert.equal(visible(text), expected)
    })
  }
})

describe('visibleJson', () => {
  const cases: readonly (readonly [value: unknown, expected: string])[] = [
    ['\u001b[2J a\tb\nc', '"\\u001b[2J a\\tb\\nc"'],
    [
      '\u007f\u009b2J\u202egpj\u2066\u2028\ufeff',
      '"\\u007f\\u009b2J\\u202egpj\\u2066\\u2028\\ufeff"',
    ],
    ['\u{e0041}\ud800', '"\\udb40\\udc41\\ud800"'],
    ['wörd, 日本, "\\u202e" and 🚀', '"wörd, 日本, \\"\\\\u202e\\" and 🚀"'],
    [{ '\u202ea': ['\u200b'], b: null }, '{\n  "\\u202ea": [\n    "\\u200b"\n  ],\n  "b": null\n}'],
  ]
  for (const [value, expected] of cases) {
    it(JSON.stringify(value), () => {
      assert.equal(visibleJson(value), expected)
    })
  }

  it('is the same value to whoever parses it, and each line of it is seen as it is', () => {
    const unit = fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code))
    fc.assert(
      fc.property(fc.array(fc.string({ unit }), { maxLength: 5 }), (texts) => {
        const value = [texts, Object.fromEntries(texts.map((text) => [`k${text}`, text]))]
        const json = visibleJson(value)
        assert.deepEqual(JSON.parse(json), value)
        assert.equal(visibleLines(json), json)
      }),
    )
  })
})

describe('shellWord', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['/etc/rauth/keys/a-1_b.key', '/etc/rauth/keys/a-1_b.key'],
    ['/my keys/a.key', "'/my keys/a.key'"],
    ["it's; $(id)", "'it'\\''s; $(id)'"],
    ['~/a', "'~/a'"],
    ['a\nb', "'a\\u000ab'"],
  ]
  for (const [name, expected] of cases) {
    it(JSON.stringify(name), () => {
      assert.equal(shellWord(name), expected)
    })
  }
})
