/**
 * Glob patterns over names. `*` is any run of characters inside one path component, `?` one such
 * character, `**` any run across components, and `${namespace}` stands for the namespace that the
 * match is tried for, taken literally. Everything else is itself; a pattern matches whole names.
 *
 * Matching walks all open positions at once, so its time is bounded by pattern × name whatever the
 * pattern (no backtracking).
 */

type Token =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'one' }
  | { readonly kind: 'component' }
  | { readonly kind: 'rest' }
  | { readonly kind: 'namespace' }

export interface Pattern {
  readonly source: string
  /** Whether the pattern names `${namespace}`: such a pattern matches nothing for no namespace. */
  readonly namespaced: boolean
  matches(text: string, namespace: string | undefined): boolean
  /** Plain text that all that it matches begins with; as long as the pattern says, perhaps empty. */
  prefix(namespace: string | undefined): string
}

const TOKEN = /\$\{namespace\}|\*\*|\*|\?|[^*?$]+|\$/g

function tokenOf(text: string): Token {
  switch (text) {
    case '${namespace}':
      return { kind: 'namespace' }
    case '**':
      return { kind: 'rest' }
    case '*':
      return { kind: 'component' }
    case '?':
      return { kind: 'one' }
    default:
      return { kind: 'literal', text }
  }
}

/** Positions at which `text` may go on after `token`, given those at which it may begin. */
function advance(
  token: Exclude<Token, { kind: 'namespace' }>,
  text: string,
  from: ReadonlySet<number>,
): Set<number> {
  const to = new Set<number>()
  for (const start of from) {
    if (token.kind === 'literal') {
      if (text.startsWith(token.text, start)) to.add(start + token.text.length)
    } else if (token.kind === 'one') {
      if (start < text.length && text[start] !== '/') to.add(start + 1)
    } else {
      for (let end = start; end <= text.length && !to.has(end); end += 1) {
        to.add(end)
        if (token.kind === 'component' && text[end] === '/') break
      }
    }
  }
  return to
}

export function compilePattern(source: string): Pattern {
  const tokens = (source.match(TOKEN) ?? []).map(tokenOf)
  const namespaced = tokens.some((token) => token.kind === 'namespace')
  return {
    source,
    namespaced,
    matches(text, namespace) {
      if (namespaced && namespace === undefined) return false
      let positions: ReadonlySet<number> = new Set([0])
      for (const token of tokens) {
        const literal =
          token.kind === 'namespace' ? { kind: 'literal' as const, text: namespace ?? '' } : token
        positions = advance(literal, text, positions)
        if (positions.size === 0) return false
      }
      return positions.has(text.length)
    },
    prefix(namespace) {
      const wild = tokens.findIndex(({ kind }) => kind !== 'literal' && kind !== 'namespace')
      return tokens
        .slice(0, wild < 0 ? tokens.length : wild)
        .map((token) => (token.kind === 'literal' ? token.text : (namespace ?? '')))
        .join('')
    },
  }
}
