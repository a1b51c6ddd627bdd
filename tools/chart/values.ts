import { isMap, isScalar, LineCounter, parse, parseDocument, type Pair, type YAMLMap } from 'yaml'

/** A value that people set: a leaf of values.yaml, or a map that is set as a whole. */
export interface DescribedValue {
  readonly path: readonly string[]
  readonly value: unknown
  readonly description: string
  /** What its `@schema` says beside what follows from the default. */
  readonly refinement: Readonly<Record<string, unknown>>
}

/** Matches what is behind the `#` of a comment. */
const DESCRIPTION = /^ -- (.*)$/
const REFINEMENT = /^ @schema (.*)$/

/**
 * The values of an annotated values.yaml, in their order, as helm-docs reads them: `# --` begins the description of what
 * stands below it, which goes on in the next lines; `# @schema` has JSON Schema. A map without a description
 * is one of values. Throws where a value has none.
 */
export function describedValues(text: string): readonly DescribedValue[] {
  const lineCounter = new LineCounter()
  const document = parseDocument(text, { lineCounter })
  const [error] = document.errors
  if (error !== undefined) throw error
  const lines = text.split('\n')

  function valuesOf(map: YAMLMap, prefix: readonly string[]): readonly DescribedValue[] {
    return map.items.flatMap((pair) => valuesAt(pair, prefix))
  }

  function valuesAt({ key, value }: Pair, prefix: readonly string[]): readonly DescribedValue[] {
    if (!isScalar(key) || key.range === undefined || key.range === null) throw new Error('no key')
    const path = [...prefix, String(key.value)]
    const { line } = lineCounter.linePos(key.range[0])
    const { description, refinement } = annotationOf(commentAbove(lines, line - 1))
    if (description === undefined) {
      if (isMap(value) && value.items.length > 0) return valuesOf(value, path)
      throw new Error(`values.yaml:${String(line)}: ${path.join('.')} has no "# --" above it`)
    }
    const plain: unknown = isScalar(value) || value === null ? value : document.getIn(path)
    return [{ path, value: plainOf(plain), description, refinement }]
  }

  if (!isMap(document.contents)) throw new Error('values.yaml is no map')
  return valuesOf(document.contents, [])
}

function plainOf(node: unknown): unknown {
  if (isScalar(node)) return node.value
  return typeof node === 'object' && node !== null && 'toJSON' in node
    ? (node as { toJSON: () => unknown }).toJSON()
    : node
}

/** The lines of comment that stand directly above a line, without their `#`. */
function commentAbove(lines: readonly string[], index: number): readonly string[] {
  const above: string[] = []
  for (let at = index - 1; at >= 0; at -= 1) {
    const text = /^ *#(.*)$/.exec(lines[at] ?? '')?.[1]
    if (text === undefined) break
    above.unshift(text)
  }
  return above
}

function annotationOf(comment: readonly string[]): {
  readonly description?: string
  readonly refinement: Readonly<Record<string, unknown>>
} {
  const begin = comment.findLastIndex((line) => DESCRIPTION.test(line))
  if (begin < 0) return { refinement: {} }
  const own = comment.slice(begin)
  const words = own.filter((line) => !REFINEMENT.test(line))
  const refinement = own.flatMap((line) => REFINEMENT.exec(line)?.[1] ?? [])
  return {
    description: words.map((line) => DESCRIPTION.exec(line)?.[1] ?? line.trim()).join(' '),
    refinement: Object.assign(
      {},
      ...refinement.map((one) => parse(one) as object),
    ) as object as Readonly<Record<string, unknown>>,
  }
}
