/**
 * Globs as Go's path.Match has them, step by step: `*` is a run without a slash and never comes back to
 * where it gave up, so that a few names that another glob would match it does not. `?` is one character
 * but a slash, `[a-z]` and `[^a]` one of a class, slashes too, and `\` takes away the meaning of the next.
 */

type Single =
  | { readonly kind: 'one' }
  | { readonly kind: 'is'; readonly character: string }
  | {
      readonly kind: 'class'
      readonly negated: boolean
      readonly ranges: readonly (readonly [low: string, high: string])[]
    }

/** Single characters, behind a `*` or not. */
interface Chunk {
  readonly star: boolean
  readonly singles: readonly Single[]
}

/** Compiled; `undefined`: malformed, and so matches nothing. */
export function compilePathMatch(pattern: string): ((name: string) => boolean) | undefined {
  const chunks = parse(Array.from(pattern))
  return chunks && ((name) => matchChunks(chunks, Array.from(name)))
}

function parse(pattern: readonly string[]): readonly Chunk[] | undefined {
  const chunks: Chunk[] = []
  let at = 0
  while (at < pattern.length) {
    const star = pattern[at] === '*'
    while (pattern[at] === '*') at += 1
    const singles: Single[] = []
    while (at < pattern.length && pattern[at] !== '*') {
      const parsed = pattern[at] === '[' ? parseClass(pattern, at + 1) : parseSingle(pattern, at)
      if (parsed === undefined) return undefined
      singles.push(parsed.single)
      at = parsed.next
    }
    chunks.push({ star, singles })
  }
  return chunks
}

interface Parsed {
  readonly single: Single
  readonly next: number
}

function parseSingle(pattern: readonly string[], at: number): Parsed | undefined {
  const here = pattern[at] ?? ''
  if (here === '?') return { single: { kind: 'one' }, next: at + 1 }
  if (here !== '\\') return { single: { kind: 'is', character: here }, next: at + 1 }
  const escaped = pattern[at + 1]
  return escaped === undefined
    ? undefined
    : { single: { kind: 'is', character: escaped }, next: at + 2 }
}

function parseClass(pattern: readonly string[], start: number): Parsed | undefined {
  const negated = pattern[start] === '^'
  const ranges: (readonly [string, string])[] = []
  let at = negated ? start + 1 : start
  while (pattern[at] !== ']' || ranges.length === 0) {
    const low = parseBound(pattern, at)
    if (low === undefined) return undefined
    const high = pattern[low.next] === '-' ? parseBound(pattern, low.next + 1) : low
    if (high === undefined) return undefined
    ranges.push([low.character, high.character])
    at = high.next
  }
  return { single: { kind: 'class', negated, ranges }, next: at + 1 }
}

/** One end of a range; something must follow it. */
function parseBound(pattern: readonly string[], start: number) {
  const at = pattern[start] === '\\' ? start + 1 : start
  const character = pattern[at]
  if (character === undefined || pattern[at + 1] === undefined) return undefined
  if (at === start && (character === '-' || character === ']')) return undefined
  return { character, next: at + 1 }
}

function matchChunks(chunks: readonly Chunk[], name: readonly string[]): boolean {
  let at = 0
  for (const [index, { star, singles }] of chunks.entries()) {
    const isLast = index === chunks.length - 1
    if (star && singles.length === 0) return !name.includes('/', at)
    const end = at + singles.length
    const ends = (from: number) => !isLast || from + singles.length === name.length
    if (matchSingles(singles, name, at) && ends(at)) {
      at = end
      continue
    }
    if (!star) return false
    let from = at
    do {
      if (from >= name.length || name[from] === '/') return false
      from += 1
    } while (!matchSingles(singles, name, from) || !ends(from))
    at = from + singles.length
  }
  return at === name.length
}

function matchSingles(singles: readonly Single[], name: readonly string[], at: number): boolean {
  return singles.every((single, offset) => {
    const here = name[at + offset]
    return here !== undefined && matchSingle(single, here)
  })
}

function matchSingle(single: Single, here: string): boolean {
  if (single.kind === 'one') return here !== '/'
  if (single.kind === 'is') return here === single.character
  const code = codeOf(here)
  const isIn = single.ranges.some(([low, high]) => codeOf(low) <= code && code <= codeOf(high))
  return isIn !== single.negated
}

function codeOf(character: string): number {
  return character.codePointAt(0) ?? 0
}
