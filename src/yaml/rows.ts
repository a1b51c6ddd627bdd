import type { YAMLError } from 'yaml'
import {
  before,
  firstOfLine,
  firstOfNextLine,
  lineFrom,
  openBracket,
  openQuote,
  type Stumble,
} from './stumble.ts'

interface Row {
  readonly code: YAMLError['code']
  /** Of the parser's words. */
  readonly says?: RegExp
  readonly when?: (at: Stumble) => boolean
  readonly message: string | ((at: Stumble) => string)
  /** Where to look, if not where the parser stumbled. */
  readonly where?: (at: Stumble) => number
}

/** Of a text that begins with a character that is something else to YAML. */
export function needsQuotes(character: string): string {
  return `a text that begins with ${character} needs quotes`
}

const NO_COLON = 'no colon in this line: write it as key: value'

/** What the parser of YAML stumbles over, in words that say what to do. The first row that fits counts. */
export const ROWS: readonly Row[] = [
  { code: 'TAB_AS_INDENT', message: 'a tab: indent with spaces alone' },
  {
    ...{ code: 'BLOCK_AS_IMPLICIT_KEY', says: /block sequence/, where: firstOfLine },
    message: 'a list item beside keys: begin it where the other items begin, below their key',
  },
  {
    ...{ code: 'BLOCK_AS_IMPLICIT_KEY', where: firstOfNextLine },
    when: ({ codes }) => codes.has('MULTILINE_IMPLICIT_KEY'),
    message:
      'indented further than the key above, which has its value already: begin both at the same column',
  },
  {
    code: 'BLOCK_AS_IMPLICIT_KEY',
    when: (at) => lineFrom(at).startsWith('? '),
    message: needsQuotes('?'),
  },
  {
    code: 'BLOCK_AS_IMPLICIT_KEY',
    message:
      'a value with a colon and a space in it needs quotes; a map begins on a line of its own',
  },
  {
    code: 'BLOCK_IN_FLOW',
    message:
      'a comma is missing before the next key, or a value with a colon and a space in it needs quotes',
  },
  {
    code: 'MULTILINE_IMPLICIT_KEY',
    when: (at) => /^[^\s:'"]+:\S/.test(lineFrom(at)),
    message: 'no space after the colon: write it as key: value',
  },
  {
    code: 'MULTILINE_IMPLICIT_KEY',
    when: (at) => /^-\s/.test(lineFrom(at)),
    message:
      'a list item, and the key above has its value already or items of its own: begin all items at the same column',
  },
  { code: 'MULTILINE_IMPLICIT_KEY', message: NO_COLON },
  {
    ...{ code: 'MISSING_CHAR', says: /^Implicit map keys/, where: firstOfLine },
    message: NO_COLON,
  },
  {
    ...{ code: 'MISSING_CHAR', says: /^Missing closing/, where: openQuote },
    message: 'a quote that is not closed: close it where the value ends',
  },
  { code: 'MISSING_CHAR', says: /^Missing ,/, message: 'a comma is missing before this' },
  {
    ...{ code: 'MISSING_CHAR', says: /directives-end/, message: needsQuotes('%') },
    where: ({ text }) => Math.max(0, text.search(/^%/m)),
  },
  {
    ...{ code: 'MISSING_CHAR', says: /^Sequence item/, where: firstOfLine },
    message:
      'indented less than the keys of the list item above: begin it at their column, or with - where the items begin',
  },
  ...(['MISSING_CHAR', 'BAD_INDENT'] as const).map((code) => ({
    ...{ code, says: /^Flow/, where: openBracket },
    message: ({ error }: Stumble) =>
      / map /.test(error.message)
        ? 'a { that is not closed: close it with }'
        : 'a [ that is not closed: close it with ]',
  })),
  {
    ...{ code: 'BAD_INDENT', where: firstOfLine },
    message: 'this line and those beside it begin at different columns: begin all at the same',
  },
  { code: 'BAD_SCALAR_START', message: ({ text, offset }) => needsQuotes(text.charAt(offset)) },
  {
    code: 'BAD_DQ_ESCAPE',
    message:
      'a backslash between double quotes begins an escape, and this is none: take single quotes, or two backslashes',
  },
  {
    ...{ code: 'UNEXPECTED_TOKEN', says: /^Block scalar header/ },
    message: ({ text, offset }) => needsQuotes(text.charAt(offset - 1)),
    where: ({ offset }) => offset - 1,
  },
  {
    ...{ code: 'UNEXPECTED_TOKEN', says: /^Unexpected block-seq-ind/ },
    message: `a list begins on the line after its key, or is written as [a, b]; ${needsQuotes('-')}`,
  },
  {
    ...{ code: 'UNEXPECTED_TOKEN', says: /^Unexpected flow-(?:map|seq)-start at node end/ },
    message: 'a text with { or [ in it needs quotes where it stands between { } or [ ]',
  },
  {
    ...{ code: 'UNEXPECTED_TOKEN', says: /at node end$/ },
    when: (at) => /["']/.test(before(at)),
    message: 'text after the closing quote: put all of it between one pair of quotes',
  },
  {
    ...{ code: 'UNEXPECTED_TOKEN', says: /at node end$/ },
    when: (at) => /[\]}]/.test(before(at)),
    message: (at) =>
      `text after a closing ${before(at)}: ${needsQuotes(before(at) === ']' ? '[' : '{')}`,
  },
  {
    ...{ code: 'UNEXPECTED_TOKEN', says: /^Unexpected scalar at node end/, where: firstOfLine },
    message: 'a key beside list items: write all of them as items, or indent the items below a key',
  },
  {
    ...{ code: 'UNEXPECTED_TOKEN', says: /^Unexpected flow-(?:map|seq)-end/ },
    message: ({ text, offset }) =>
      `nothing is open that ${text.charAt(offset)} closes: remove it, or put the text that it is in into quotes`,
  },
  { code: 'UNEXPECTED_TOKEN', says: /^Unexpected , in/, message: 'a comma too many: remove it' },
  {
    code: 'UNEXPECTED_TOKEN',
    says: /^Unexpected (?:double-quoted-scalar|single-quoted-scalar|scalar) token$/,
    message: 'a comma is missing before this, or it stands after a closing quote',
  },
  { code: 'TAG_RESOLVE_FAILED', message: needsQuotes('!') },
  { code: 'BAD_DIRECTIVE', message: needsQuotes('%') },
  {
    code: 'MULTIPLE_DOCS',
    message: 'a second document: all must be in one',
  },
]
