import { isScalar, parseDocument, visit, type Document } from 'yaml'
import { isDeeperThan } from './depth.ts'

/** What a text of YAML holds, or what keeps it from being read: a code of the parser, or words. Nothing of the text. */
export type ForeignYaml = { readonly value: unknown } | { readonly flaw: string }

/** Far more than any configuration of Envoy or kubectl has. */
const MOST_DEPTH = 250

/**
 * Reads YAML of other programs' configuration, aliases in it followed. Whoever wrote it can make it neither throw nor
 * take time by the square of its size.
 */
export function readForeignYaml(text: string): ForeignYaml {
  if (isDeeperThan(text, MOST_DEPTH)) return { flaw: `nested more than ${MOST_DEPTH} deep` }
  // No pretty errors: they quote the lines around. Of unique keys not by the parser, which compares each with each.
  const document = parseDocument(text, {
    ...{ prettyErrors: false, uniqueKeys: false, logLevel: 'silent' },
  })
  const [error] = document.errors
  if (error !== undefined) return { flaw: error.code }
  if (hasKeyTwice(document)) return { flaw: 'DUPLICATE_KEY' }
  try {
    return { value: document.toJS() }
  } catch {
    return { flaw: 'an alias in it stands for nothing, or for too much' }
  }
}

function hasKeyTwice(document: Document): boolean {
  let found = false
  visit(document, {
    Map(_, { items }) {
      const keys = new Set(items.map(({ key }) => (isScalar(key) ? key.value : key)))
      found ||= keys.size < items.length
      return found ? visit.BREAK : undefined
    },
  })
  return found
}
