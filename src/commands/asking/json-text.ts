/** What a text in JSON holds, or where it stops being JSON: `:LINE:COLUMN`, or nothing where nobody knows. */
export type JsonText = { readonly value: unknown } | { readonly notJsonAt: string }

/** What the parser itself says quotes the text, so only the place of it is kept. */
export function readJsonText(text: string): JsonText {
  try {
    return { value: JSON.parse(text) as unknown }
  } catch (error) {
    const said = error instanceof Error ? error.message : ''
    const offset = Number(/ at position (\d+)/.exec(said)?.[1] ?? oddOffset(text))
    if (offset >= text.length && !/ end of | at position /.test(said)) return { notJsonAt: '' }
    const lines = text.slice(0, offset).split('\n')
    return { notJsonAt: `:${lines.length}:${(lines.at(-1) ?? '').length + 1}` }
  }
}

const SYMBOL = /\s*(?:[{}[\],:]|"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*|true|false|null)|\s+/y

/** Where what is no symbol of JSON begins (RFC 8259, section 2): of that the parser gives no position. */
function oddOffset(text: string): number {
  const symbol = new RegExp(SYMBOL)
  let end = 0
  while (symbol.test(text)) end = symbol.lastIndex
  return end + (/^\s*/.exec(text.slice(end))?.[0].length ?? 0)
}
