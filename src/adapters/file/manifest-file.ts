import { isUtf8 } from 'node:buffer'
import { isScalar, LineCounter, parseAllDocuments, visit, type Document } from 'yaml'

/** How often a document may refer to an anchor: manifests do not, bombs do. */
const MAX_ALIASES = 8

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
  const lines = new LineCounter()
  // No pretty errors: they quote the lines around. No check for unique keys: it is quadratic.
  const documents = parseAllDocuments(content.toString('utf8'), {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: false,
    logLevel: 'silent',
  })
  const readings = [...documents].flatMap((document) => readDocument(document, lines))
  return readings.length > 0 ? readings : [unreadable('no manifest in it: write or remove it')]
}

function readDocument(document: Document, lines: LineCounter): readonly ManifestReading[] {
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset)
    return `at line ${line}, column ${col}`
  }
  const [error] = document.errors
  if (error !== undefined) return [unreadable(`not YAML (${error.code}) ${at(error.pos[0])}`)]
  const repeated = repeatedKey(document)
  if (repeated !== undefined) return [unreadable(`the same key twice ${at(repeated)}`)]

  let manifest: unknown
  try {
    manifest = document.toJS({ maxAliasCount: MAX_ALIASES })
  } catch {
    // Its message may quote the name of an anchor.
    return [unreadable('aliases that lead nowhere, or too many: write the values out')]
  }
  if (manifest === null) return []
  const items = itemsOf(manifest) ?? [manifest]
  return items.map((item) => ({ ok: true, manifest: item }))
}

/** Offset of the first key that its mapping already has. */
function repeatedKey(document: Document): number | undefined {
  let offset: number | undefined
  visit(document, {
    Map(_, map) {
      const seen = new Set<unknown>()
      for (const { key } of map.items) {
        if (!isScalar(key)) continue
        if (seen.has(key.value)) {
          offset = key.range?.[0] ?? 0
          return visit.BREAK
        }
        seen.add(key.value)
      }
      return undefined
    },
  })
  return offset
}

function itemsOf(manifest: unknown): readonly unknown[] | undefined {
  if (typeof manifest !== 'object' || manifest === null) return undefined
  if (!('kind' in manifest && manifest.kind === 'List' && 'items' in manifest)) return undefined
  return Array.isArray(manifest.items) ? manifest.items : undefined
}

function unreadable(problem: string): ManifestReading {
  return { ok: false, problem }
}
