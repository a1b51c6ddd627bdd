import type { Voice } from './asker.ts'
import type { Pattern } from './pattern.ts'
import type { Rule } from './rule.ts'

/**
 * The rules of a policy by what they name in plain text, so that a decision looks at few of a thousand:
 * account, then namespace, then the whole components that the name begins with, or else one that is
 * further behind, or else three characters in a row. `undefined` is the key of what is not plain.
 */
export interface RuleIndex {
  /**
   * Gives the rules that may match, and perhaps some that do not, in the order of the policy to
   * `visit`, until that returns true.
   */
  search(voice: Voice, name: string, visit: (rule: Rule) => boolean): void
}

interface Entry {
  readonly order: number
  readonly rule: Rule
}

type ByName = Map<string, Entry[]>
type ByNamespace = Map<string | undefined, ByName>
type ByAccount = Map<string | undefined, ByNamespace>

export function indexRules(rules: readonly Rule[]): RuleIndex {
  const index: ByAccount = new Map()
  const keys = rules.map(keyOf(rules))
  for (const [order, rule] of rules.entries()) {
    const byNamespace = entryOf(index, rule.account?.plain, (): ByNamespace => new Map())
    const byName = entryOf(byNamespace, rule.namespace?.plain, (): ByName => new Map())
    entryOf(byName, keys[order] ?? '', (): Entry[] => []).push({ order, rule })
  }
  const has = (mark: string) => keys.some((key) => key.startsWith(mark))
  const [withInner, withThrees] = [has('/'), has(THREE)]
  return {
    search(voice, name, visit) {
      const wholes = keysOf(name, withInner)
      const threes = withThrees ? threesOf(name) : []
      const lists: (readonly Entry[])[] = []
      for (const account of [voice.account, undefined]) {
        const byNamespace = index.get(account)
        if (byNamespace === undefined) continue
        const namespaces =
          voice.namespace === undefined ? [undefined] : [voice.namespace, undefined]
        for (const namespace of namespaces) {
          const byName = byNamespace.get(namespace)
          if (byName === undefined) continue
          for (const key of wholes) {
            const list = byName.get(key)
            if (list !== undefined) lists.push(list)
          }
          for (const three of threes) {
            const list = byName.get(three)
            if (list !== undefined) lists.push(list)
          }
        }
      }
      inOrder(lists, visit)
    },
  }
}

function entryOf<K, V>(map: Map<K, V>, key: K, create: () => V): V {
  const known = map.get(key)
  if (known !== undefined) return known
  const created = create()
  map.set(key, created)
  return created
}

/** What the key of three characters begins with; in no repository's name. */
const THREE = '?'

/**
 * The whole name, or the components that it begins with, or one with a slash before it; else those three
 * characters of its plain text that fewest of such patterns have; else empty.
 */
function keyOf(rules: readonly Rule[]): (rule: Rule) => string {
  const counts = new Map<string, number>()
  for (const { name } of rules) {
    if (wholeKeyOf(name) !== '') continue
    for (const three of threesOf(name.part ?? '')) counts.set(three, (counts.get(three) ?? 0) + 1)
  }
  const count = (three: string) => counts.get(three) ?? 0
  return ({ name }) => {
    const whole = wholeKeyOf(name)
    if (whole !== '') return whole
    return threesOf(name.part ?? '').reduce(
      (best, three) => (best === '' || count(three) < count(best) ? three : best),
      '',
    )
  }
}

function wholeKeyOf({ plain, start, component }: Pattern): string {
  const components = start.slice(0, start.lastIndexOf('/') + 1)
  if (plain !== undefined || components !== '') return plain ?? components
  return component === undefined ? '' : `/${component}`
}

/** Each three characters in a row of a text, once. */
function threesOf(text: string): readonly string[] {
  const threes = new Set<string>()
  for (let at = 0; at + 3 <= text.length; at += 1) threes.add(THREE + text.slice(at, at + 3))
  return [...threes]
}

/** Every key under which a pattern for this name can be, each once. */
function keysOf(name: string, withInner: boolean): readonly string[] {
  const keys = ['']
  const add = (key: string) => {
    if (!keys.includes(key)) keys.push(key)
  }
  for (let at = name.indexOf('/'); at >= 0;) {
    const next = name.indexOf('/', at + 1)
    add(name.slice(0, at + 1))
    if (withInner) add(next < 0 ? name.slice(at) : name.slice(at, next))
    at = next
  }
  add(name)
  return keys
}

/** Walks lists, each in order, as if they were one. */
function inOrder(lists: readonly (readonly Entry[])[], visit: (rule: Rule) => boolean): void {
  const [only] = lists
  if (lists.length === 1 && only !== undefined) {
    for (const { rule } of only) if (visit(rule)) return
    return
  }
  const heads = lists.map(() => 0)
  for (;;) {
    let first: Entry | undefined
    let from = 0
    for (const [at, list] of lists.entries()) {
      const entry = list[heads[at] ?? 0]
      if (entry !== undefined && (first === undefined || entry.order < first.order)) {
        first = entry
        from = at
      }
    }
    if (first === undefined || visit(first.rule)) return
    heads[from] = (heads[from] ?? 0) + 1
  }
}
