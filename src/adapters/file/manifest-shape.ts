/**
 * What no manifest is, told before anything is parsed. A YAML parser takes far longer for a text of
 * mostly punctuation, and follows nesting down to the end of its stack, where V8 may give up on the
 * whole process. Nobody is served meanwhile. Each of these is one linear look at the text.
 */

interface Limit {
  /** What a text beyond it is, for whoever wrote it. */
  readonly what: string
  readonly isBeyond: (text: string) => boolean
}

const MAX_DEPTH = 32
const MAX_LINES = 4000
const MAX_DOCUMENTS = 500

/** `- - - a` nests once for each mark. */
const NESTED_MARKS = new RegExp(`^ *(?:[-?:][ \\t]+){${MAX_DEPTH}}`, 'm')
const DEEP_INDENTATION = new RegExp(`^ {${4 * MAX_DEPTH}}`, 'm')

const limitsFor = (maxLines: number): readonly Limit[] => [
  {
    what: `nested deeper than ${MAX_DEPTH} levels`,
    isBeyond: (text) =>
      bracketDepth(text) > MAX_DEPTH || NESTED_MARKS.test(text) || DEEP_INDENTATION.test(text),
  },
  { what: `of more than ${maxLines} lines: split it`, isBeyond: exceeds(/\n/g, maxLines, 0) },
  {
    what: `of more than ${MAX_DOCUMENTS} documents: split it`,
    isBeyond: exceeds(/^(?:---|\.\.\.|%)/gm, MAX_DOCUMENTS, 0),
  },
  { what: 'mostly punctuation', isBeyond: exceeds(/[[\]{},?]/g, 64, 0.4) },
  { what: 'mostly quotation marks', isBeyond: exceeds(/["']/g, 64, 0.45) },
  { what: 'mostly escapes', isBeyond: exceeds(/\\/g, 64, 0.15) },
  {
    what: 'full of anchors, aliases or tags: write the values out',
    isBeyond: exceeds(/(?:^|[\s,[{])[&*!]/g, 64, 0),
  },
]

/** What about a text makes it no manifest, in words that follow "it is". */
export function flawOfShape(text: string, maxLines = MAX_LINES): string | undefined {
  return limitsFor(maxLines).find(({ isBeyond }) => isBeyond(text))?.what
}

/** More matches than a number, or than a share of the text's length if that is more. */
function exceeds(pattern: RegExp, atLeast: number, share: number): Limit['isBeyond'] {
  return (text) => (text.match(pattern)?.length ?? 0) > atLeast + share * text.length
}

/** Of all brackets, also those in strings: there they come in pairs as well. */
function bracketDepth(text: string): number {
  let depth = 0
  let deepest = 0
  for (const bracket of text.match(/[[\]{}]/g) ?? []) {
    depth = Math.max(0, depth + (bracket === '[' || bracket === '{' ? 1 : -1))
    deepest = Math.max(deepest, depth)
  }
  return deepest
}
