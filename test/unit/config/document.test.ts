import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readManifests } from '../../../src/adapters/file/secrets/manifest-file.ts'
import { readDocument } from '../../../src/config/document.ts'

function told(text: string): readonly string[] {
  const { problems = [] } = readDocument(text)
  return problems.map(({ place: { line, column }, message }) => `${line}:${column}: ${message}`)
}

/** What is written wrong, the text, and all that is said of it: each the begin of a line. */
const MISTAKES: readonly (readonly [name: string, text: string, ...told: readonly string[]])[] = [
  // Indentation.
  ['a key too far right', 'a: b\n  c: d\n', '2:3: indented further than the key above'],
  ['one after a comment', 'a: b\n\n  # c\n  c: d\n', '4:3: this line and those beside it begin'],
  ['one in a section', 'a:\n  b: c\n   d: e\n', '3:4: indented further than the key above'],
  ['one after a quote', 'a: "b"\n  c: d\n', '2:3: this line and those beside it begin'],
  ['a key too far left', 'a:\n  b: c\n d: e\n', '3:2: this line and those beside it begin'],
  ['in an item, right', 'a:\n  - b: c\n      d: e\n', '3:7: indented further than the key above'],
  ['in an item, left', 'a:\n  - b: c\n   d: e\n', '3:4: indented less than the keys of the list'],
  ['an item too far right', 'a:\n  - b: c\n   - d: e\n', '3:4: this line and those beside it'],
  ['an item too far left', 'a:\n  - b: c\n - d: e\n', '3:2: a list item beside keys'],
  ['an item below keys', 'a:\n  b: c\n  - d: e\n', '3:3: a list item beside keys'],
  ['an item below a value', 'a: b\n- c\n', '2:1: a list item, and the key above has its value'],
  ['a key below items', '- a\nb: c\n', '2:1: a key beside list items'],
  ['tabs', 'a:\n\tb: c\nd:\n\te: f\n', '2:1: a tab: indent', '4:1: a tab: indent'],
  ['a space of the web', 'a:\n\u00a0\u00a0b: c\n', '2:1: a space that is none to YAML'],
  // Colons.
  ['no colon', 'a: b\nc d\ne: f\n', '2:1: no colon in this line: write it as key: value'],
  ['no colon at the end', 'a: b\nc d\n', '2:1: no colon in this line'],
  ['no colon over a map', 'a\n  b: c\n', '1:1: no colon in this line'],
  ['no space', 'a: b\nc:d\ne: f\n', '2:1: no space after the colon: write it as key: value'],
  ['no space at all', 'a:b\n', '1:1: expected a map of settings, with a space after each colon'],
  ['no space in braces', 'a: {b:true}\n', '1:5: no space after the colon'],
  [
    'a colon in a value',
    'a: note: b\n',
    '1:4: a value with a colon and a space in it needs quotes',
  ],
  ['one in an item', 'a:\n  - b: c: d\n    e: f\n', '2:8: a value with a colon and a space'],
  ['one in braces', 'a: { b: c: d }\n', '1:9: a comma is missing before the next key, or a value'],
  // Quotes.
  ['an open quote', 'a: "b\nc: d\n', '1:4: a quote that is not closed: close it'],
  ['one before others', 'a: "b\nc: "d"\n', '1:4: a quote that is not closed'],
  ['a single one', "a: b\nc: 'd\n", '2:4: a quote that is not closed'],
  ['one in a list', 'a: ["b, c]\nd: e\n', '1:5: a quote that is not closed'],
  ['text after a quote', 'a: "b" c\n', '1:8: text after the closing quote'],
  ['an apostrophe', "a: 'it's'\n", '1:8: text after the closing quote'],
  ['a backslash', 'a: "C:\\keys"\n', '1:7: a backslash between double quotes begins an escape'],
  // What begins with a character of YAML.
  ['**', 'a: **\n', '1:4: a text that begins with * needs quotes (else it is an alias'],
  ['**/b', 'a: { b: **/c, d: e }\n', '1:9: a text that begins with * needs quotes'],
  ['*', 'a: [*]\n', '1:5: a text that begins with * needs quotes'],
  [
    '- *',
    'a:\n  - *\n  - *b\n',
    '2:5: a text that begins with *',
    '3:5: a text that begins with *',
  ],
  ['@', 'a: @b\n', '1:4: a text that begins with @ needs quotes'],
  ['%', 'a: %b\n', '1:4: a text that begins with % needs quotes'],
  ['% in column 1', 'a:\n  b: c\n%d: e\n', '3:1: a text that begins with % needs quotes'],
  ['% in line 1', '%a: b\n', '1:1: a text that begins with % needs quotes'],
  ['`', 'a: `b`\n', '1:4: a text that begins with ` needs quotes'],
  [',', 'a: ,b\n', '1:4: a text that begins with , needs quotes'],
  ['&', 'a: &b\nc: d\n', '1:4: a text that begins with & needs quotes (else it is an anchor'],
  ['an alias', 'a: &b c\nd: *b\n', '2:4: an alias of YAML, which is not taken here: write'],
  ['& of a map', 'a: &b { c: d }\n', '1:4: a text that begins with & needs quotes'],
  ['!', 'a: !team-b\n', '1:4: a text that begins with ! needs quotes (else it is a tag'],
  ['! and !', 'a: !b!c\n', '1:4: a text that begins with ! needs quotes'],
  ['!<', 'a: !<b c\n', '1:4: a text that begins with ! needs quotes'],
  ['|', 'a: |b\n', '1:4: a text that begins with | needs quotes'],
  ['>', 'a: >= 3\n', '1:4: a text that begins with > needs quotes'],
  ['?', 'a: ? b\n', '1:4: a text that begins with ? needs quotes'],
  ['-', 'a: - b\n', '1:4: a list begins on the line after its key'],
  ['[', 'a: [b-c]d\n', '1:9: text after a closing ]: a text that begins with [ needs quotes'],
  ['{', 'a: {b}/c\n', '1:7: text after a closing }: a text that begins with { needs quotes'],
  ['{{', 'a: {{ b }}\n', '1:5: a key that is a list or a map: a text that begins with {'],
  ['${namespace}', 'a: { b: ${c}/** }\n', '1:10: a text with { or [ in it needs quotes'],
  // Brackets and commas.
  ['an open {', 'a: { b: c\nd: e\n', '1:4: a { that is not closed: close it with }'],
  ['an open [', 'a: [b, c\nd: e\n', '1:4: a [ that is not closed: close it with ]'],
  ['an open [ in {', 'a: { b: [c, d }\n', '1:9: a [ that is not closed'],
  ['a } too many', 'a: { b: c }}\nd: e\n', '1:12: nothing is open that } closes'],
  ['no comma', 'a: { b: c d: e }\n', '1:9: a comma is missing before the next key'],
  ['no comma in a list', 'a: ["b" "c"]\n', '1:9: a comma is missing before this'],
  ['two commas', '{"a": 1,, "b": 2}\n', '1:9: a comma too many: remove it'],
  // The rest.
  ['a key twice', 'a: b\nc: d\na: e\n', '3:1: "a" stands here twice: leave one'],
  ['two documents', 'a: b\n---\nc: d\n', '2:1: a second document: all must be in one'],
  ['a conflict', '<<<<<<< HEAD\na: b\n=======\na: c\n>>>>>>> x\n', '1:1: two versions stand here'],
]

describe('YAML that is written wrong', () => {
  for (const [name, text, ...expected] of MISTAKES) {
    it(`tells of ${name}`, () => {
      const lines = told(text)
      const seen = lines.slice(0, expected.length)
      const begins = seen.map((line, i) => line.slice(0, expected[i]?.length))
      assert.deepEqual(begins, expected, lines.join('\n'))
    })
  }

  it('tells of each line once, in place of all that comes of it', () => {
    for (const [name, text, ...expected] of MISTAKES) {
      const places = told(text).map((line) => line.split(':')[0])
      assert.equal(new Set(places).size, places.length, `${name}: ${told(text).join('\n')}`)
      assert.ok(places.length >= expected.length)
    }
  })

  it('says the parser’s code where it knows no better, and not its words, which quote', () => {
    assert.deepEqual(told('a: { b: : c }\n'), ['1:9: not YAML (UNEXPECTED_TOKEN)'])
  })

  it('quotes no value, which may be a password without its quotes', () => {
    const canary = 'canary'
    const values = [
      ...['*b', '&b', '!b', '!!b', '!<b', '!<b>', '!b!c', '!c!b', '!b c', '%b', '"\\b"', '"b" b'],
      ...[
        '[b',
        '{b',
        'b]',
        '- b',
        ': b',
        '? b',
        '|b',
        '>b',
        '@b',
        '`b',
        "'b'b",
        '&b *b',
        '&b\nd: *b',
      ],
    ]
    for (const value of values) {
      for (const form of [
        'a: VALUE\n',
        'a: { c: VALUE }\n',
        'VALUE\n',
        '%VALUE\n',
        '%YAML VALUE\n',
      ]) {
        const text = form.replace('VALUE', value.replaceAll('b', canary))
        for (const scalars of ['values', 'texts'] as const) {
          const { problems = [] } = readDocument(text, { scalars })
          for (const { message } of problems) assert.ok(!message.includes(canary), message)
        }
      }
    }
  })

  it('leaves alone what only looks like it', () => {
    const fine =
      'a: "**"\nb: \'@c\'\nd: [x, "y: z"]\ne: >\n  one\n  two\nf: a*&!|>b\ng: { h: "i:j", k }\nl: http://m:1/n # o: p\n'
    assert.deepEqual(told(fine), [])
  })

  it('quotes nothing of a Secret, and names the place in the file', () => {
    const canary = 'canary-of-a-secret'
    for (const [name, text] of MISTAKES) {
      const file = text.replaceAll(/\bb\b/g, canary)
      for (const reading of readManifests(Buffer.from(`---\nx: y\n---\n${file}`))) {
        if (reading.ok) continue
        assert.ok(!reading.problem.includes(canary), `${name}: ${reading.problem}`)
        assert.match(reading.problem, /\bline \d+, column \d+/)
      }
    }
    const tab = readManifests(Buffer.from('a: b\n---\nc:\n\td: e\n'))[1]
    assert.deepEqual(tab, {
      ok: false,
      problem: 'a tab: indent with spaces alone (at line 4, column 1)',
    })
  })
})
