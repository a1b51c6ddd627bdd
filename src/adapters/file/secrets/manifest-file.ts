import { isUtf8 } from 'node:buffer'
import { isScalar, LineCounter, parseAllDocuments, visit, type Document } from 'yaml'
import { yamlMistakes } from '../../../yaml/mistakes.ts'
import { flawOfShape } from '../manifest-shape.ts'

/** Documents and items of a List in one file. */
const MAX_MANIFESTS = 1000

export type ManifestReading =
  | { readonly ok: true; readonly manifest: unknown }
  /** What is wrong and where; quotes nothing of the file. */
  | { readonly ok: false; readonly problem: string }

/**
 * The manifests of one file: YAML documents (JSON is YAML), with the items of a `kind: List` each on
 * its own. A document that can't be read is a problem of its own and leaves the others alone.
 */
export function readManifests(content: Buffer): readonly ManifestReading[] {
  if (!isUtf8(content)) return [unreadable('not UTF-8 text')]
  const text = content.toString('utf8')
  const shape = flawOfShape(text)
  if (shape !== undefined) return [unreadable(`it is ${shape}`)]
  const lines = new LineCounter()
  // No pretty errors: they quote the lines around. No check for unique keys: it is quadratic.
  const documents = parseAllDocuments(text, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: false,
    logLevel: 'silent',
  })
  const readings = [...documents].flatMap((document) => readDocument(document, text, lines))
  if (readings.length > MAX_MANIFESTS) {
    return [unreadable(`more than ${MAX_MANIFESTS} manifests: split it`)]
  }
  return readings.length > 0 ? readings : [unreadable('no manifest in it: write or remove it')]
}

function readDocument(
  document: Document,
  text: string,
  lines: LineCounter,
): readonly ManifestReading[] {
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset)
    return `at line ${line}, column ${col}`
  }
  const [mistake] = yamlMistakes(document, text)
  if (mistake !== undefined) {
    return [unreadable(`${mistake.message} (${at(mistake.offset)})`)]
  }
  const flaw = flawOf(document)
  if (flaw !== undefined) return [unreadable(`${flaw.what} ${at(flaw.offset)}`)]

  const manifest: unknown = document.toJS()
  if (manifest === null) return []
  const items = itemsOf(manifest) ?? [manifest]
  return items.map((item) => ({ ok: true, manifest: item }))
}

interface Flaw {
  readonly what: string
  readonly offset: number
}

/**
 * What kubectl never writes, and what two readers could understand in two ways: the same key twice,
 * keys that are no plain text, and anchors, aliases and tags.
 */
function flawOf(document: Document): Flaw | undefined {
  let flaw: Flaw | undefined
  const found = (what: string, offset: number | undefined) => {
    flaw = { what, offset: offset ?? 0 }
    return visit.BREAK
  }
  visit(document, {
    Alias: (_, { range }) => found('an alias: write the value out', range?.[0]),
    Value(_, { anchor, tag, range }) {
      return anchor === undefined && tag === undefined
        ? undefined
        : found('an anchor or a tag: write the value alone', range?.[0])
    },
    Map(_, { items, anchor, tag, range }) {
      if (anchor !== undefined || tag !== undefined) {
        return found('an anchor or a tag: write the value alone', range?.[0])
      }
      const seen = new Set<unknown>()
      for (const { key } of items) {
        if (!isScalar(key)) return found('a key that is no plain text', range?.[0])
        if (seen.has(key.value)) return found('the same key twice', key.range?.[0])
        seen.add(key.value)
      }
      return undefined
    },
  })
  return flaw
}

function itemsOf(manifest: unknown): readonly unknown[] | undefined {
  if (typeof manifest !== 'object' || manifest === null) return undefined
  if (!('kind' in manifest && manifest.kind === 'List' && 'items' in manifest)) return undefined
  return Array.isArray(manifest.items) ? manifest.items : undefined
}

function unreadable(problem: string): ManifestReading {
  return { ok: false, problem }
}
