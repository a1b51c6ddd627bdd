import { piecesOf } from './placeholders.ts'
import { isRegex } from './regex.ts'

/** One thing that a glob is made of: a character, a wildcard, or a placeholder as it is written. */
type Atom = string

/** Placeholders whose value never has a slash. */
const ONE_PART = ['${namespace}', '${type}']

/**
 * Whether one pattern surely matches all that another matches, whoever asks. False may also mean that
 * nobody knows: of two expressions, say, that are not written alike.
 */
export function includesPattern(wide: string, narrow: string): boolean {
  if (wide === narrow || wide === '**') return true
  if (isRegex(wide) || isRegex(narrow)) return false
  // Plain text is wider than nothing but itself.
  if (!/[*?[$\\]/.test(wide)) return false
  const [outer, inner] = [atomsOf(wide), atomsOf(narrow)]
  /** From where in `outer` on all of what `inner` is from there on is matched; by both places. */
  const known = new Map<number, boolean>()
  const from = (i: number, j: number): boolean => {
    const key = i * (inner.length + 1) + j
    const before = known.get(key)
    if (before !== undefined) return before
    const found = step(i, j)
    known.set(key, found)
    return found
  }
  function step(i: number, j: number): boolean {
    const [one, other] = [outer[i], inner[j]]
    if (one === undefined) return other === undefined
    if (one === '**' || one === '*') {
      if (from(i + 1, j)) return true
      return other !== undefined && (one === '**' || isInPart(other)) && from(i, j + 1)
    }
    if (other === undefined) return false
    const same = one === other || (one === '?' && isCharacter(other) && other !== '/')
    return same && from(i + 1, j + 1)
  }
  return from(0, 0)
}

function atomsOf(glob: string): readonly Atom[] {
  return piecesOf(glob).flatMap((piece) =>
    piece.kind === 'placeholder' ? [`\${${piece.name}}`] : (piece.text.match(/\*\*|[^]/gu) ?? []),
  )
}

/** Whether all that it matches is inside one part of a name. */
function isInPart(atom: Atom): boolean {
  return (
    atom === '*' || atom === '?' || ONE_PART.includes(atom) || (isCharacter(atom) && atom !== '/')
  )
}

function isCharacter(atom: Atom): boolean {
  return atom !== '*' && atom !== '**' && !atom.startsWith('${')
}
