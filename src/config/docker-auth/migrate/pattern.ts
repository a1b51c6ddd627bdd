import { patternFlaw } from '../../../policy/pattern-flaw.ts'
import { isRegex } from '../../../policy/regex.ts'
import { nativeGlob, quoted } from './glob.ts'
import { unfilledIn, type Filled } from './placeholders.ts'

/** A pattern of docker_auth in rauth's own dialect. */
export interface NativePattern {
  /** `undefined`: it matches nothing, and neither did it before. */
  readonly pattern: string | undefined
  /** Why rauth can't have it. */
  readonly flaw?: string
  /** In what rauth decides in another way, or what whoever wrote it perhaps did not mean. */
  readonly notes: readonly string[]
}

/** What it says with every placeholder gone. */
const PLACEHOLDER = /\$\{[^{}]*\}/g

/** `anonymous`: whether whoever has no credentials is let in. */
export function nativePattern(source: string, filled: Filled, anonymous: boolean): NativePattern {
  const notes: string[] = []
  const unfilled = unfilledIn(source, filled)
  if (unfilled !== undefined) {
    notes.push(
      `${unfilled} in "${source}" is text to docker_auth, since nothing gives it a value; it stays text`,
    )
  }
  const pattern = isRegex(source)
    ? nativeExpression(source, filled)
    : globWith(source, filled, notes)
  if (pattern === undefined) {
    notes.push(`"${source}" is malformed and matches nothing: the entry is left out`)
    return { pattern, notes }
  }
  for (const [written] of filled) {
    if (!source.includes(written)) continue
    if (written.startsWith('${labels:')) notes.push(...labelNotes(source, written))
    else if (/:\d+\}$/.test(written)) {
      notes.push(
        `what ${written} catches is text: a * or the like in it means nothing any more, so "${source}" ` +
          'matches less of what others could make it match',
      )
    } else if (written === '${account}' && anonymous) {
      notes.push(`\${account} in "${source}" has no value for whoever has no credentials: no match`)
    }
  }
  const flaw = patternFlaw(pattern)
  return { pattern, notes, ...(flaw === undefined ? {} : { flaw: `"${source}" ${flaw}` }) }
}

function globWith(source: string, filled: Filled, notes: string[]): string | undefined {
  const native = nativeGlob(source, filled)
  if (/\*\*/.test(source)) {
    notes.push(
      `** in "${source}" is * to docker_auth, and is written so; rauth has ** for any depth`,
    )
  }
  if (native?.mayDiffer === true) {
    notes.push(
      `"${source}" has a class beside a *: it is an expression, which also finds a match that docker_auth ` +
        'gives up on the way to',
    )
  }
  return native?.pattern
}

/** What is no placeholder to docker_auth must be none to rauth: `$` and a brace, as they stand there. */
function nativeExpression(source: string, filled: Filled): string {
  return source.replaceAll(PLACEHOLDER, (text) => filled.get(text) ?? `$${quoted(text.slice(1))}`)
}

function labelNotes(source: string, written: string): readonly string[] {
  const notes = [
    `the values of ${written} in "${source}" are text, no patterns: write a * into the rule instead, and ` +
      'an empty value is none',
  ]
  return isRegex(source)
    ? [
        ...notes,
        `without the label "${source}" matches nothing; docker_auth tries it as it stands there`,
      ]
    : notes
}
