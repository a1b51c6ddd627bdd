import {
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  visit,
  type Node,
  type Scalar,
} from 'yaml'
import { isMapping } from '../mapping.ts'
import { yamlMistakes, type YamlMistake } from '../yaml/mistakes.ts'
import { documentFlaws } from './document-flaws.ts'

/** Where something stands in a text, both counted from 1. */
export interface Place {
  readonly line: number
  readonly column: number
}

export interface ConfigDocument {
  /** The settings; a key without a value is as if it were not there. */
  readonly values: Record<string, unknown>
  /** Place of the key or list item at a path, or of its nearest parent that is in the text. */
  readonly locate: (at: readonly PropertyKey[]) => Place
}

export interface DocumentProblem {
  readonly place: Place
  readonly message: string
}

/**
 * The YAML text of a configuration. Aliases are refused: two settings would share one value, and the
 * environment, which goes over the text, would change both. `scalars: 'texts'`: each value is the text
 * that stands there, whatever YAML makes of it, and null alone is none.
 */
export function readDocument(
  text: string,
  {
    scalars = 'values',
    top,
  }: {
    readonly scalars?: 'values' | 'texts'
    /** The key that everything stands below. */
    readonly top?: string
  } = {},
):
  | { readonly document: ConfigDocument; readonly problems?: never }
  | { readonly problems: readonly DocumentProblem[] } {
  const lines = new LineCounter()
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: false,
    ...(scalars === 'texts' ? { schema: 'failsafe' } : {}),
  })
  const problems: DocumentProblem[] = []
  const placeOf = (offset: number): Place => {
    const { line, col } = lines.linePos(offset)
    return { line, column: col }
  }
  const { aliases, flaws } = documentFlaws(document, text, { tags: scalars === 'values' })
  // What else the parser stumbles over behind an alias comes of it.
  const mistakes = aliases ? [] : yamlMistakes(document, text)
  const lineOf = ({ offset }: YamlMistake) => placeOf(offset).line
  const broken = new Set(mistakes.map(lineOf))
  const others = flaws.filter((flaw) => !broken.has(lineOf(flaw)))
  for (const { offset, message } of [...mistakes, ...others].sort((a, b) => a.offset - b.offset)) {
    problems.push({ place: placeOf(offset), message })
  }
  if (problems.length > 0) return { problems }

  // The schema that takes everything for text takes null for it, too.
  if (scalars === 'texts') {
    visit(document, {
      Scalar(key, node) {
        if (key !== 'key' && isNull(node)) node.value = null
      },
    })
  }
  const values: unknown = document.toJS() ?? {}
  if (!isMapping(values)) {
    const expected = top === undefined ? 'a map of settings' : `a map: begin with "${top}:"`
    // A single line without the space is a text to YAML.
    const space = /^\S+:\S/.test(String(values)) ? ', with a space after each colon' : ''
    const place = placeOf(document.contents?.range[0] ?? 0)
    problems.push({ place, message: `expected ${expected}${space}` })
    return { problems }
  }
  function locate(at: readonly PropertyKey[]): Place {
    let offset = document.contents?.range[0] ?? 0
    let node: unknown = document.contents
    for (const key of at) {
      const [found, below] = step(node, String(key))
      const start = found?.range?.[0]
      if (start === undefined) break
      offset = start
      node = below
    }
    return placeOf(offset)
  }
  return { document: { values: withoutNulls(values), locate } }
}

function isNull({ type, source }: Scalar): boolean {
  return type === 'PLAIN' && /^(?:~|null|Null|NULL)?$/.test(source ?? '')
}

/** The node that stands at a key, and the one below it. */
function step(node: unknown, key: string): readonly [Node | undefined, unknown] {
  if (isMap(node)) {
    const pair = node.items.find((item) => isScalar(item.key) && item.key.value === key)
    return isScalar(pair?.key) ? [pair.key, pair.value] : [undefined, undefined]
  }
  const item = isSeq(node) ? node.items[Number(key)] : undefined
  return isNode(item) ? [item, item] : [undefined, undefined]
}

/** A section whose settings are all commented out is null to YAML, and nothing to its writer. */
function withoutNulls(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values)
      .filter(([, value]) => value !== null)
      .map(([key, value]) => [key, isMapping(value) ? withoutNulls(value) : value]),
  )
}
