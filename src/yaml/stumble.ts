import { visit, type Document, type YAMLError } from 'yaml'

/** Where the parser stumbled, and what the text has there. */
export interface Stumble {
  readonly error: Pick<YAMLError, 'code' | 'message'>
  readonly offset: number
  readonly text: string
  readonly document: Document
  /** Codes of all errors at this offset. */
  readonly codes: ReadonlySet<string>
}

export function startOfLine(text: string, offset: number): number {
  return offset === 0 ? 0 : text.lastIndexOf('\n', offset - 1) + 1
}

/** What stands from there to the end of the line. */
export function lineFrom({ text, offset }: Stumble): string {
  return /^.*/.exec(text.slice(offset))?.[0] ?? ''
}

/** The last character before it that can be seen. */
export function before({ text, offset }: Stumble): string {
  let at = offset - 1
  while (at > 0 && /\s/.test(text.charAt(at))) at -= 1
  return text.charAt(at)
}

export function firstOfLine({ text, offset }: Stumble): number {
  const start = startOfLine(text, offset)
  return start + (/^[ \t]*/.exec(text.slice(start))?.[0].length ?? 0)
}

/** The first character of the next line that has one. */
export function firstOfNextLine({ text, offset }: Stumble): number {
  return offset + (/^.*\n\s*/.exec(text.slice(offset))?.[0].length ?? 0)
}

/** The last quote before it that was opened. */
export function openQuote({ document, offset }: Stumble): number {
  let open = offset
  visit(document, {
    Scalar(_, { type, range }) {
      const isQuoted = type === 'QUOTE_DOUBLE' || type === 'QUOTE_SINGLE'
      if (isQuoted && range != null && range[0] < offset) open = range[0]
    },
  })
  return open
}

/** The last bracket before it that was opened and not closed. */
export function openBracket({ document, text, offset, error }: Stumble): number {
  const [opening, closing] = / map /.test(error.message) ? ['{', '}'] : ['[', ']']
  let open = offset
  visit(document, {
    Collection(_, node) {
      const { range } = node
      if (node.flow !== true || range == null || range[0] >= offset) return
      if (text.charAt(range[0]) === opening && text.charAt(range[1] - 1) !== closing) {
        open = range[0]
      }
    },
  })
  return open
}
