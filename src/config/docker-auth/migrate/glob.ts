import { readClass } from './class.ts'
import type { Filled } from './placeholders.ts'

/** A piece of a glob of Go's path.Match. */
type Piece =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'placeholder'; readonly text: string }
  | { readonly kind: 'star' }
  | { readonly kind: 'one' }
  /** In the syntax of an expression. */
  | { readonly kind: 'class'; readonly text: string }

export interface NativeGlob {
  readonly pattern: string
  /** It has a class, which may be a slash, beside a `*`. */
  readonly mayDiffer: boolean
}

/** Means something in rauth's globs, in another way than as it stands there. */
const ODD = /[[\]{}\\*?]/

/**
 * A glob of docker_auth in rauth's own dialect: as a glob, or as an expression where that has no words for
 * it. `undefined`: malformed, and so it matches nothing.
 */
export function nativeGlob(source: string, filled: Filled): NativeGlob | undefined {
  const pieces = piecesOf(source, filled)
  if (pieces === undefined) return undefined
  const has = (kind: Piece['kind']) => pieces.some((piece) => piece.kind === kind)
  const isPlain = pieces.every(
    (piece) => piece.kind !== 'class' && (piece.kind !== 'text' || !ODD.test(piece.text)),
  )
  // Between slashes it would be an expression to rauth.
  const isGlob = isPlain && !/^\/.+\/$/s.test(source)
  const written = pieces.map(isGlob ? globOf : expressionOf).join('')
  return {
    pattern: isGlob ? written : `/^${written}$/`,
    mayDiffer: has('class') && has('star'),
  }
}

function globOf(piece: Piece): string {
  return piece.kind === 'star' ? '*' : piece.kind === 'one' ? '?' : piece.text
}

function expressionOf(piece: Piece): string {
  switch (piece.kind) {
    case 'star':
      return '[^/]*'
    case 'one':
      return '[^/]'
    case 'text':
      return quoted(piece.text)
    case 'class':
    case 'placeholder':
      return piece.text
  }
}

export function quoted(text: string): string {
  return text.replaceAll(/[\\.+*?()|[\]{}^$]/g, '\\$&')
}

function piecesOf(source: string, filled: Filled): readonly Piece[] | undefined {
  const pieces: Piece[] = []
  let at = 0
  while (at < source.length) {
    const read = readPiece(source.slice(at), filled)
    if (read === undefined) return undefined
    const [piece, length] = read
    const last = pieces.at(-1)
    if (piece.kind === 'text' && last?.kind === 'text') {
      pieces.splice(-1, 1, { kind: 'text', text: last.text + piece.text })
    } else pieces.push(piece)
    at += length
  }
  return pieces
}

/** The first piece of a text, and how much of it that takes. */
function readPiece(
  text: string,
  filled: Filled,
): readonly [piece: Piece, length: number] | undefined {
  const placeholder = /^\$\{[^{}]*\}/.exec(text)?.[0] ?? ''
  const native = filled.get(placeholder)
  if (native !== undefined) return [{ kind: 'placeholder', text: native }, placeholder.length]
  if (text.startsWith('*')) return [{ kind: 'star' }, /^\*+/.exec(text)?.[0].length ?? 1]
  if (text.startsWith('?')) return [{ kind: 'one' }, 1]
  if (text.startsWith('[')) {
    const read = readClass(text)
    return read && [{ kind: 'class', text: read.expression }, read.length]
  }
  const isEscaped = text.startsWith('\\')
  const [character] = Array.from(isEscaped ? text.slice(1) : text)
  if (character === undefined) return undefined
  return [{ kind: 'text', text: character }, character.length + (isEscaped ? 1 : 0)]
}
