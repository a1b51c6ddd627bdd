import { Lexer, Parser } from 'yaml'

/**
 * Whether maps and lists stand in each other more than so many times. To be asked before a document is composed of a
 * text of anybody's: that calls itself for each of them, and no room left on the stack can end the process. It stops
 * where it knows.
 */
export function isDeeperThan(text: string, most: number): boolean {
  const parser = new Parser()
  for (const lexeme of new Lexer().lex(text)) {
    // What is read are whole documents, which nobody wants here; of one that goes on `stack` has what is open in it.
    const read = parser.next(lexeme)
    while (read.next().done !== true) continue
    if (parser.stack.length > most) return true
  }
  return false
}
