import type { Pattern } from './compiled-pattern.ts'
import { captureOf, fill, labelOf, piecesOf, type Piece, type Values } from './placeholders.ts'

/**
 * Globs over names. `*` is any run of characters inside one path component, `?` one such character,
 * `**` any run across components, and placeholders such as `${namespace}` stand for what is asked,
 * taken literally. Everything else is itself; a glob matches whole names.
 */

type Wild = { readonly kind: 'one' } | { readonly kind: 'component' } | { readonly kind: 'rest' }
type Token = Wild | Piece

/** Positions of a text, one byte each, 1 where a match may stand. */
type Positions = Uint8Array

const TOKEN = /\*\*|\*|\?|[^*?]+/g
const WILD: Readonly<Record<string, Wild>> = {
  '**': { kind: 'rest' },
  '*': { kind: 'component' },
  '?': { kind: 'one' },
}

function tokensOf(source: string): readonly Token[] {
  return (source.match(TOKEN) ?? []).flatMap((text): readonly Token[] => {
    const wild = WILD[text]
    return wild === undefined ? piecesOf(text) : [wild]
  })
}

function isPiece(token: Token | undefined): token is Piece {
  return token?.kind === 'literal' || token?.kind === 'placeholder'
}

/** The pieces up to the first wildcard. */
function leading(tokens: readonly Token[]): readonly Piece[] {
  const pieces: Piece[] = []
  for (const token of tokens) {
    if (!isPiece(token)) break
    pieces.push(token)
  }
  return pieces
}

/** Whether it has another value for every name that is asked about, or several for one who asks. */
function isOpen(piece: Piece): boolean {
  if (piece.kind === 'literal') return false
  const { name } = piece
  return (captureOf(name)?.field ?? name) === 'name' || labelOf(name) !== undefined
}

/** Where `text` may go on after `token`, given where it may begin; nothing: nowhere. */
function advance(token: Wild | string, text: string, from: Positions): Positions | undefined {
  const to = new Uint8Array(from.length)
  let open = false
  for (let at = 0; at < from.length; at += 1) {
    const here = from[at] === 1
    if (typeof token === 'string') {
      if (here && text.startsWith(token, at)) to[at + token.length] = 1
    } else if (token.kind === 'one') {
      if (here && at < text.length && text[at] !== '/') to[at + 1] = 1
    } else {
      open ||= here
      if (open) to[at] = 1
      if (token.kind === 'component' && text[at] === '/') open = false
    }
  }
  return to.includes(1) ? to : undefined
}

/**
 * Whether tokens match a whole text. All open positions are walked at once, so the time is bounded by
 * glob × text whatever the glob (no backtracking).
 */
function walk(tokens: readonly Token[], text: string, values: Values): boolean {
  let positions: Positions | undefined = new Uint8Array(text.length + 1)
  positions[0] = 1
  for (const token of tokens) {
    const step = isPiece(token)
      ? token.kind === 'literal'
        ? token.text
        : values[token.name]
      : token
    if (step === undefined) return false
    positions = advance(step, text, positions)
    if (positions === undefined) return false
  }
  return positions[text.length] === 1
}

type Between = (text: string, start: number, end: number, values: Values) => boolean

/** The match of what stands between the outer wildcards, both with it. */
function between(tokens: readonly Token[]): Between {
  const [only] = tokens
  if (tokens.length === 1 && only?.kind === 'rest') return () => true
  if (tokens.length === 1 && only?.kind === 'component') {
    return (text, start, end) => {
      const slash = text.indexOf('/', start)
      return slash < 0 || slash >= end
    }
  }
  // Most names lack the longest plain text, which is found out faster than the rest.
  const longest = longestText(tokens)
  return (text, start, end, values) =>
    text.includes(longest) && walk(tokens, text.slice(start, end), values)
}

function longestText(tokens: readonly Token[]): string {
  return tokens
    .flatMap((token) => (token.kind === 'literal' ? [token.text] : []))
    .reduce((a, b) => (b.length > a.length ? b : a), '')
}

/** A component behind the first that every text has, as plain text. */
function componentOf(tokens: readonly Token[]): string | undefined {
  const found = tokens.flatMap((token, at) => {
    if (token.kind !== 'literal') return []
    const end = at === tokens.length - 1 ? '(?:/|$)' : '/'
    return new RegExp(`/([^/]+)${end}`).exec(token.text)?.[1] ?? []
  })
  return found[0]
}

export function compileGlob(source: string): Pattern {
  const tokens = tokensOf(source)
  const head = leading(tokens)
  const headOf = fill(head)
  const open = head.findIndex(isOpen)
  const prefix = open < 0 ? headOf : fill(head.slice(0, open))
  const start = head[0]?.kind === 'literal' ? head[0].text : ''
  if (head.length === tokens.length) {
    const isPlain = head.every(({ kind }) => kind === 'literal')
    return {
      ...{ source, start, plain: isPlain ? start : undefined, prefix },
      matches: isPlain ? (text) => text === start : (text, values) => text === headOf(values),
    }
  }
  const tail = leading(tokens.toReversed()).toReversed()
  const tailOf = fill(tail)
  const matchBetween = between(tokens.slice(head.length, tokens.length - tail.length))
  return {
    ...{ source, start, plain: undefined, component: componentOf(tokens), prefix },
    part: longestText(tokens),
    matches(text, values) {
      const before = headOf(values)
      if (before === undefined || (before !== '' && !text.startsWith(before))) return false
      const after = tailOf(values)
      if (after === undefined || (after !== '' && !text.endsWith(after))) return false
      const end = text.length - after.length
      return end >= before.length && matchBetween(text, before.length, end, values)
    },
  }
}
