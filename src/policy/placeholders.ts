/** The parts of a request that a pattern can be about, and that it may name as `${account}`. */
export const FIELDS = [
  ...(['account', 'namespace', 'serviceaccount'] as const),
  ...(['type', 'name', 'service'] as const),
] as const
export type Field = (typeof FIELDS)[number]

/**
 * What the placeholders stand for, by what is between their braces. A pattern that names one without a
 * value matches nothing.
 */
export type Values = Readonly<Record<string, string | undefined>>

/** A piece of a pattern: plain text, or the placeholder that stands there. */
export type Piece =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'placeholder'; readonly name: string }

const PLACEHOLDER = /\$\{([^}]*)\}/g
const CAPTURE = /^(account|namespace|serviceaccount|type|name|service):([1-9]\d?)$/
const LABEL = /^labels:(.+)$/

/** The names in `${…}`, known or not. */
export function placeholdersIn(text: string): readonly string[] {
  return [...text.matchAll(PLACEHOLDER)].map(([, name = '']) => name)
}

/** `account:1` is the first group of the expression that the same rule has for the account. */
export function captureOf(
  placeholder: string,
): { readonly field: Field; readonly group: number } | undefined {
  const [, field, group] = CAPTURE.exec(placeholder) ?? []
  return field === undefined ? undefined : { field: field as Field, group: Number(group) }
}

/** `labels:team` is any value of the label `team`. */
export function labelOf(placeholder: string): string | undefined {
  return LABEL.exec(placeholder)?.[1]
}

/** The labels whose values stand in a pattern, each once. */
export function labelsIn(text: string): readonly string[] {
  return [...new Set(placeholdersIn(text).flatMap((name) => labelOf(name) ?? []))]
}

export function isPlaceholder(name: string): boolean {
  return (
    (FIELDS as readonly string[]).includes(name) ||
    captureOf(name) !== undefined ||
    labelOf(name) !== undefined
  )
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

/** The text that pieces come to, each value in the form that `written` gives it; nothing if one is missing. */
export function fill(
  pieces: readonly Piece[],
  written: (value: string) => string = (value) => value,
): (values: Values) => string | undefined {
  const [only] = pieces
  if (pieces.length === 0) return () => ''
  if (pieces.length === 1 && only?.kind === 'literal') return () => only.text
  return (values) => {
    let text = ''
    for (const piece of pieces) {
      if (piece.kind === 'literal') {
        text += piece.text
        continue
      }
      const value = values[piece.name]
      if (value === undefined) return undefined
      text += written(value)
    }
    return text
  }
}
