import { networkAddress } from '../../cidr.ts'
import type { Entry } from '../entry.ts'
import { quoted } from './glob.ts'
import { nativePattern } from './pattern.ts'
import { filledIn } from './placeholders.ts'

/** A rule as it stands in a policy file. */
export interface NativeRule {
  readonly match: Readonly<Record<string, unknown>>
  readonly actions: readonly string[]
  readonly comment?: string
}

export interface MigratedEntry {
  /** `undefined`: the entry could never match, and is left out. */
  readonly rule: NativeRule | undefined
  readonly notes: readonly string[]
  /** What rauth's own rules can't say. */
  readonly flaws: readonly string[]
}

const ACTIONS = ['pull', 'push', 'delete']
const TYPES = ['repository', 'registry']
const MAX_COMMENT = 1_000

/** An entry of `acl` → a rule, and what is different about it. */
export function migrateEntry(entry: Entry, anonymous: boolean): MigratedEntry {
  const { match, comment } = entry
  const filled = filledIn(entry)
  const notes: string[] = []
  const flaws: string[] = []
  const native: Record<string, unknown> = {}
  const never: string[] = []
  const take = (source: string, kind: 'patterns' | 'labels', put: (pattern: string) => void) => {
    const migrated = nativePattern(source, filled[kind], anonymous)
    notes.push(...migrated.notes)
    if (migrated.flaw !== undefined) flaws.push(migrated.flaw)
    if (migrated.pattern === undefined) never.push(source)
    else put(migrated.pattern)
  }
  for (const field of ['account', 'type', 'name', 'service'] as const) {
    const source = match[field]
    if (source === undefined) continue
    take(source, 'patterns', (pattern) => {
      native[field] = field === 'type' ? typePattern(pattern) : pattern
    })
  }
  if (match.ip !== undefined) native['ip'] = networkAddress(match.ip)
  const labels: Record<string, string> = {}
  for (const [label, source] of Object.entries(match.labels ?? {})) {
    take(source, 'labels', (pattern) => (labels[label] = pattern))
  }
  if (Object.keys(labels).length > 0) native['labels'] = labels
  const actions = nativeActions(entry.actions, notes)
  const rule = {
    ...{ match: native, actions },
    ...(comment === undefined ? {} : { comment: comment.slice(0, MAX_COMMENT) }),
  }
  return { rule: never.length === 0 ? rule : undefined, notes, flaws }
}

/** rauth wants a slip in a type to be noticed. */
function typePattern(pattern: string): string {
  return /[*?/$]/.test(pattern) || TYPES.includes(pattern) ? pattern : `/^${quoted(pattern)}$/`
}

function nativeActions(actions: readonly string[], notes: string[]): readonly string[] {
  if (actions.length === 1 && actions[0] === '*') return ['*']
  const known = [...new Set(actions.filter((action) => ACTIONS.includes(action)))]
  const others = [...new Set(actions.filter((action) => !ACTIONS.includes(action)))]
  if (others.length > 0) {
    notes.push(
      `${others.map((one) => `"${one}"`).join(', ')} among the actions is left out: rauth has pull, push and ` +
        'delete, and * alone for all that is asked for',
    )
  }
  return known
}
