/** What clients wrote, for a log line: ASCII that can be seen, and no more than `length` characters. */
export function printable(text: string, length: number): string {
  const seen = text.slice(0, length).replace(/[^\x21-\x7e]/g, '?')
  return text.length > length ? `${seen}…` : seen
}

/**
 * What others wrote, for a terminal: as it is, but what moves a cursor, turns the writing round, begins a
 * line or can't be seen stands as in JSON, `\u001b`.
 */
export function visible(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) => {
    const code = (character.codePointAt(0) ?? 0).toString(16)
    return code.length > 4 ? `\\u{${code}}` : `\\u${code.padStart(4, '0')}`
  })
}

/** The same of a text of several lines, each seen as it is. */
export function visibleLines(text: string): string {
  return text.split('\n').map(visible).join('\n')
}
