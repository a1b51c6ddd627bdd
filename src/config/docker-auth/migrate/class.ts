/** One bound of a range in a class of Go's path.Match: escaped, or nothing that means something there. */
const BOUND = /^(?:\\([^])|([^\\\]-]))/u

export interface CharacterClass {
  /** The same in an expression. */
  readonly expression: string
  /** Of the text that it takes. */
  readonly length: number
}

/** The class at the beginning of a text; `undefined`: it is none. */
export function readClass(text: string): CharacterClass | undefined {
  const negated = text.startsWith('[^')
  const ranges: (readonly [string, string])[] = []
  let at = negated ? 2 : 1
  const bound = () => {
    const found = BOUND.exec(text.slice(at))
    if (found === null) return undefined
    at += found[0].length
    return at < text.length ? (found[1] ?? found[2]) : undefined
  }
  while (text[at] !== ']' || ranges.length === 0) {
    const low = bound()
    if (low === undefined) return undefined
    let high: string | undefined = low
    if (text[at] === '-') {
      at += 1
      high = bound()
      if (high === undefined) return undefined
    }
    ranges.push([low, high])
  }
  // One that is the wrong way round holds nothing there; to an expression it is a mistake.
  const held = ranges.filter(([low, high]) => code(low) <= code(high))
  const inside = held
    .map(([low, high]) => (low === high ? escaped(low) : `${escaped(low)}-${escaped(high)}`))
    .join('')
  const expression =
    inside === '' ? (negated ? ANYTHING : NOTHING) : `[${negated ? '^' : ''}${inside}]`
  return { expression, length: at + 1 }
}

const ANYTHING = '[\\x00-\\x{10FFFF}]'
const NOTHING = '[^\\x00-\\x{10FFFF}]'

function code(character: string): number {
  return character.codePointAt(0) ?? 0
}

function escaped(character: string): string {
  return /[\\\]^[-]/.test(character) ? `\\${character}` : character
}
