import { LRUCache } from 'lru-cache'
import { RE2JS } from 're2js'
import { messageOf } from '../errors.ts'
import type { Pattern } from './compiled-pattern.ts'
import { fill, piecesOf, type Piece, type Values } from './placeholders.ts'

/** Programs that are kept of one expression with placeholders: as many askers cost no compilation. */
const KEPT = 256

/** Longest program, instructions: `.{1000}` has a thousand. The time of a match grows with it. */
export const MAX_PROGRAM = 2_000

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
  const flaw = flawOf(textWith(pieces, plain))
  if (flaw !== undefined) return flaw
  for (const [at, piece] of pieces.entries()) {
    if (piece.kind === 'literal') continue
    // An error anywhere but in a class, in a quotation or behind a backslash.
    if (compiles(textWith(pieces, (other) => (other === at ? '(?!' : plain())))) {
      return `has \${${piece.name}} inside […], \\Q…\\E or behind a \\, where its text would not be literal`
    }
  }
  return undefined
}

/** The same of an expression as it is written, whatever its placeholders come to. */
export function plainRegexFlaw(source: string): string | undefined {
  return flawOf(source.slice(1, -1))
}

function flawOf(expression: string): string | undefined {
  try {
    const size = RE2JS.compile(expression).programSize()
    if (size <= MAX_PROGRAM) return undefined
    return `is too large an expression: ${size} steps, ${MAX_PROGRAM} at most`
  } catch (thrown) {
    const why = messageOf(thrown).replace(/^error parsing regexp: /, '')
    return `is no regular expression of RE2: ${why}`
  }
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
  const expressionOf = filled(source)
  return {
    ...{ source, start: '', plain: undefined, prefix: () => '' },
    matches: (text, values) => expressionOf(values)?.test(text) ?? false,
  }
}

/** What the groups of an expression are in a text, from the first on; nothing if it does not match. */
export type Groups = (text: string, values: Values) => readonly string[] | undefined

export function compileGroups(source: string): Groups {
  const expressionOf = filled(source)
  return (text, values) => {
    const expression = expressionOf(values)
    return expression === undefined ? undefined : groupsIn(expression, text)
  }
}

/** The same of an expression as it is written, without placeholders: what looks like one is none. */
export function compilePlainGroups(source: string): Groups {
  const expression = RE2JS.compile(source.slice(1, -1))
  return (text) => groupsIn(expression, text)
}

/** A group that took no part is empty. */
function groupsIn(expression: RE2JS, text: string): readonly string[] | undefined {
  const matcher = expression.matcher(text)
  if (!matcher.find()) return undefined
  return Array.from({ length: matcher.groupCount() }, (_, at) => matcher.group(at + 1) ?? '')
}

/** How many groups an expression without a flaw has. */
export function groupCount(source: string): number {
  return RE2JS.compile(textWith(piecesOf(source.slice(1, -1)), () => group('x'))).groupCount()
}

/** The expression with its placeholders filled; `undefined` if one of them has no value. */
function filled(source: string): (values: Values) => RE2JS | undefined {
  const pieces = piecesOf(source.slice(1, -1))
  if (!pieces.some(({ kind }) => kind === 'placeholder')) {
    const expression = RE2JS.compile(textWith(pieces, () => ''))
    return () => expression
  }
  const textOf = fill(pieces, (value) => group(RE2JS.quote(value)))
  const expressions = new LRUCache<string, RE2JS>({ max: KEPT })
  return (values) => {
    const whole = textOf(values)
    if (whole === undefined) return undefined
    const known = expressions.get(whole)
    const expression = known ?? RE2JS.compile(whole)
    if (known === undefined) expressions.set(whole, expression)
    return expression
  }
}
