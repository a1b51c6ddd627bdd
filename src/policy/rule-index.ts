import type { Voice } from './asker.ts'
import type { Pattern } from './pattern.ts'
import type { Rule } from './rule.ts'

/**
 * The rules of a policy by what they name in plain text, so that a decision looks at few of a thousand:
 * account, then namespace, then the whole components that the name begins with, or else one that is
 * further behind. `undefined` is the key of what is not plain.
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
  for (const [order, rule] of rules.entries()) {
    const byNamespace = entryOf(index, rule.account?.plain, (): ByNamespace => new Map())
    const byName = entryOf(byNamespace, rule.namespace?.plain, (): ByName => new Map())
    entryOf(byName, keyOf(rule.name), (): Entry[] => []).push({ order, rule })
  }
  const withInner = rules.some(({ name }) => keyOf(name).startsWith('/'))
  return {
    search(voice, name, visit) {
      const keys = keysOf(name, withInner)
      const lists: (readonly Entry[])[] = []
      for (const account of [voice.account, undefined]) {
        const byNamespace = index.get(account)
        if (byNamespace === undefined) continue
        const namespaces =
          voice.namespace === undefined ? [undefined] : [voice.namespace, undefined]
        for (const namespace of namespaces) {
          const byName = byNamespace.get(namespace)
          if (byName === undefined) continue
          for (const key of keys) {
            const list = byName.get(key)
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

/** The whole name, or the components that it begins with, or one with a slash before it; else empty. */
function keyOf({ plain, start, component }: Pattern): string {
  const components = start.slice(0, start.lastIndexOf('/') + 1)
  if (plain !== undefined || components !== '') return plain ?? components
  return component === undefined ? '' : `/${component}`
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
