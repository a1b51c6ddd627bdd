/** What a pattern may name of whoever asks, as `${account}`. */
export const PLACEHOLDERS = ['account', 'namespace'] as const
export type Placeholder = (typeof PLACEHOLDERS)[number]

/** What the placeholders stand for, always literally. A pattern that names one without a value matches nothing. */
export type Values = Readonly<Partial<Record<Placeholder, string | undefined>>>

/** A piece of a pattern: plain text, or the placeholder that stands there. */
export type Piece =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'placeholder'; readonly name: Placeholder }

const PLACEHOLDER = /\$\{([^}]*)\}/g

/** The names in `${…}`, known or not. */
export function placeholdersIn(text: string): readonly string[] {
  return [...text.matchAll(PLACEHOLDER)].map(([, name = '']) => name)
}

export function isPlaceholder(name: string): name is Placeholder {
  return (PLACEHOLDERS as readonly string[]).includes(name)
}

/** The pieces of a text, in order; what is no known placeholder is plain text. */
export function piecesOf(text: string): readonly Piece[] {
  const pieces: Piece[] = []
  let end = 0
  for (const { 0: whole, 1: name = '', index } of text.matchAll(PLACEHOLDER)) {
    if (!isPlaceholder(name)) continue
    if (index > end) pieces.push({ kind: 'literal', text: text.slice(end, index) })
    pieces.push({ kind: 'placeholder', name })
    end = index + whole.length
  }
  if (end < text.length) pieces.push({ kind: 'literal', text: text.slice(end) })
  return pieces
}

/** The text that pieces come to; nothing if a value is missing. */
export function fill(pieces: readonly Piece[]): (values: Values) => string | undefined {
  const [only] = pieces
  if (pieces.length === 0) return () => ''
  if (pieces.length === 1 && only?.kind === 'literal') return () => only.text
  return (values) => {
    let text = ''
    for (const piece of pieces) {
      const part = piece.kind === 'literal' ? piece.text : values[piece.name]
      if (part === undefined) return undefined
      text += part
    }
    return text
  }
}
