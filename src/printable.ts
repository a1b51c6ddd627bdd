/** What clients wrote, for a log line: ASCII that can be seen, and no more than `length` characters. */
export function printable(text: string, length: number): string {
  const seen = text.slice(0, length).replace(/[^\x21-\x7e]/g, '?')
  return text.length > length ? `${seen}…` : seen
}

/** What moves a cursor, turns the writing round, begins a line or can't be seen. */
const UNSEEN = /[\p{C}\p{Zl}\p{Zp}]/gu

/**
 * What others wrote, for a terminal: as it is, but what can't be seen or does more than that stands as in JSON,
 * `\u001b`.
 */
export function visible(text: string): string {
  return text.replace(UNSEEN, (character) => {
    const code = (character.codePointAt(0) ?? 0).toString(16)
    return code.length > 4 ? `\\u{${code}}` : `\\u${code.padStart(4, '0')}`
  })
}

/** A value in JSON, indented, whose texts a terminal can be shown as well: whoever parses it has the value as it was. */
export function visibleJson(value: unknown): string {
  // What begins a line is the JSON's own: in a text it is escaped by now.
  return JSON.stringify(value, null, 2).replace(UNSEEN, (character) =>
    character === '\n' ? character : character.split('').map(unitEscape).join(''),
  )
}

/** A UTF-16 code unit as JSON escapes it (RFC 8259, section 7). */
function unitEscape(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
}

/** The same of a text of several lines, each seen as it is. */
export function visibleLines(text: string): string {
  return text.split('\n').map(visible).join('\n')
}

/** The name of a file as a word of a command to copy: in quotes where a shell would make more of it than a word. */
export function shellWord(name: string): string {
  return /^[\w@%+=:,./-]+$/.test(name) ? name : `'${visible(name).replaceAll("'", "'\\''")}'`
}
