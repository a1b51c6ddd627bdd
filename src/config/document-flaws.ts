import {
  isNode,
  isScalar,
  visit,
  type Alias,
  type Document,
  type Scalar,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml'
import type { YamlMistake } from '../yaml/mistakes.ts'
import { needsQuotes } from '../yaml/rows.ts'

/**
 * What is YAML and yet no setting: keys that stand twice or are no text, and what hardly anybody means
 * who writes a text that begins with `*`, `&` or `!`. Aliases are refused for another reason, too: two
 * settings would share one value. `tags`: whether those that YAML itself has are of no use either.
 */
export function documentFlaws(
  document: Document,
  text: string,
  { tags }: { readonly tags: boolean },
): { readonly aliases: boolean; readonly flaws: readonly YamlMistake[] } {
  const flaws: YamlMistake[] = []
  const bad = (offset: number | undefined, message: string) => {
    flaws.push({ offset: offset ?? 0, message })
  }
  const aliases: Alias[] = []
  const anchors = new Map<string, number>()
  const note = ({ anchor, range }: YAMLMap | YAMLSeq | Scalar) => {
    if (anchor !== undefined) anchors.set(anchor, text.lastIndexOf('&', range?.[0]))
  }
  visit(document, {
    Alias(_, alias) {
      aliases.push(alias)
    },
    Seq(_, node) {
      note(node)
    },
    Scalar(_, node) {
      note(node)
    },
    Map(_, node) {
      note(node)
      for (const { offset, message } of keyFlaws(node)) bad(offset, message)
    },
  })
  // None is named: it may be a password without its quotes.
  for (const { source, range } of aliases) {
    const message = anchors.has(source)
      ? 'an alias of YAML, which is not taken here: write the value out'
      : `${needsQuotes('*')} (else it is an alias of YAML, which is not taken here)`
    bad(range?.[0], message)
  }
  if (aliases.length === 0) {
    for (const offset of anchors.values()) {
      bad(offset, `${needsQuotes('&')} (else it is an anchor of YAML, which is not taken here)`)
    }
  }
  for (const { code, pos } of document.warnings) {
    if (code !== 'TAG_RESOLVE_FAILED') continue
    if (!tags && text.startsWith('!!', pos[0])) continue
    bad(pos[0], `${needsQuotes('!')} (else it is a tag of YAML, which is not taken here)`)
  }
  return { aliases: aliases.length > 0, flaws }
}

/** Of the keys of one map. Not by the parser, whose own look takes time by the square of the keys. */
function* keyFlaws({ items, flow }: YAMLMap): Generator<YamlMistake> {
  const keys = new Set<unknown>()
  for (const { key, value } of items) {
    const offset = (isNode(key) ? key.range?.[0] : undefined) ?? 0
    if (!isScalar(key)) {
      yield { offset, message: `a key that is a list or a map: ${needsQuotes('{ or [')}` }
      continue
    }
    const name = typeof key.value === 'string' && key.type === 'PLAIN' ? key.value : ''
    const isAlone = value === null || (isScalar(value) && value.value === null)
    if (keys.has(key.value)) {
      yield { offset, message: `"${String(key.value)}" stands here twice: leave one` }
    } else if (flow === true && isAlone && /^[^:]+:\S/.test(name)) {
      yield { offset, message: 'no space after the colon: write it as key: value' }
    } else if (/^[^\S ]/u.test(name)) {
      yield {
        offset,
        message: 'a space that is none to YAML, such as one from a web page: type it',
      }
    }
    keys.add(key.value)
  }
}
