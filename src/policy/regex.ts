import { LRUCache } from 'lru-cache'
import { RE2JS } from 're2js'
import { messageOf } from '../errors.ts'
import type { Pattern } from './compiled-pattern.ts'
import { fill, piecesOf, type Piece, type Values } from './placeholders.ts'

/** Programs that are kept of one expression with placeholders: as many askers cost no compilation. */
const KEPT = 256

/** Longest program, instructions: `.{1000}` has a thousand. The time of a match grows with it. */
const MAX_PROGRAM = 2_000

/** `/…/` around something is an expression; as in docker_auth, `/` and `//` are not. */
export function isRegex(source: string): boolean {
  return source.length > 2 && source.startsWith('/') && source.endsWith('/')
}

/** A group keeps what stands for a placeholder in one piece, whatever follows it. */
const group = (text: string) => `(?:${text})`

function textWith(pieces: readonly Piece[], stand: (at: number) => string): string {
  return pieces.map((piece, at) => (piece.kind === 'literal' ? piece.text : stand(at))).join('')
}

/** What is wrong with an expression, or `undefined`. */
export function regexFlaw(source: string): string | undefined {
  const pieces = piecesOf(source.slice(1, -1))
  const plain = () => group('x')
  try {
    const size = RE2JS.compile(textWith(pieces, plain)).programSize()
    if (size > MAX_PROGRAM)
      return `is too large an expression: ${size} steps, ${MAX_PROGRAM} at most`
  } catch (thrown) {
    const why = messageOf(thrown).replace(/^error parsing regexp: /, '')
    return `is no regular expression of RE2: ${why}`
  }
  for (const [at, piece] of pieces.entries()) {
    if (piece.kind === 'literal') continue
    // An error anywhere but in a class, in a quotation or behind a backslash.
    if (compiles(textWith(pieces, (other) => (other === at ? '(?!' : plain())))) {
      return `has \${${piece.name}} inside […], \\Q…\\E or behind a \\, where its text would not be literal`
    }
  }
  return undefined
}

function compiles(text: string): boolean {
  try {
    RE2JS.compile(text)
    return true
  } catch {
    return false
  }
}

/**
 * An expression in RE2's syntax, which takes time in proportion to the text whatever the expression.
 * As in docker_auth it matches a part of the text: `^` and `$` make that the whole.
 */
export function compileRegex(source: string): Pattern {
  const pieces = piecesOf(source.slice(1, -1))
  return {
    ...{ source, start: '', plain: undefined, prefix: () => '' },
    matches: pieces.some(({ kind }) => kind === 'placeholder') ? filled(pieces) : fixed(pieces),
  }
}

function fixed(pieces: readonly Piece[]): Pattern['matches'] {
  const expression = RE2JS.compile(textWith(pieces, () => ''))
  return (text) => expression.test(text)
}

function filled(pieces: readonly Piece[]): Pattern['matches'] {
  const expressions = new LRUCache<string, RE2JS>({ max: KEPT })
  const textOf = fill(pieces)
  return (text, values) => {
    const whole = textOf(quoted(values))
    if (whole === undefined) return false
    const known = expressions.get(whole)
    const expression = known ?? RE2JS.compile(whole)
    if (known === undefined) expressions.set(whole, expression)
    return expression.test(text)
  }
}

function quoted({ account, namespace }: Values): Values {
  const literal = (text: string | undefined) =>
    text === undefined ? undefined : group(RE2JS.quote(text))
  return { account: literal(account), namespace: literal(namespace) }
}
