import type { ListedNamespace } from '../../credentials/listed-namespace.ts'
import { standingOf } from '../../credentials/standing.ts'
import type { Policy } from '../../policy/policy.ts'
import { actionsWords, matchWords } from '../../policy/rule-words.ts'
import type { ListedKey } from '../../token/listed-key.ts'
import type { Usage } from './usage.ts'

/** What changes slowly: namespaces, keys and rules. */
export interface TableSources {
  readonly namespaces: () => Iterable<ListedNamespace>
  readonly keys: () => readonly ListedKey[]
  readonly policy: () => Policy
  readonly usage: Pick<Usage, 'ofNamespace' | 'ofRule' | 'ofNoRule'>
  /** Seconds since the epoch. */
  readonly clock: () => number
  /** Over once others have had a turn. */
  readonly rest: () => Promise<void>
}

/** Rows of each table: what nobody reads, nobody is sent. */
const MOST_ROWS = 200

/** Namespaces looked at in one go: a millisecond, in which no request is answered. */
const AT_ONCE = 500

/** The tables of the page; of the namespaces those whose name or credentials have the text in them. */
export async function tablesOf(sources: TableSources, text: string): Promise<object> {
  return {
    namespaces: await namespaceTable(sources, text),
    keys: sources.keys(),
    rules: ruleTable(sources),
  }
}

/** What needs somebody comes first: what can't be used, then what was denied, then all others as they come. */
async function namespaceTable({ namespaces, usage, clock, rest }: TableSources, text: string) {
  const [unusable, denied, others] = [[], [], []] as [object[], object[], object[]]
  let [total, found, broken] = [0, 0, 0]
  for (const one of namespaces()) {
    if (total > 0 && total % AT_ONCE === 0) await rest()
    total += 1
    if (one.problem !== undefined) broken += 1
    if (text !== '' && !textsOf(one).some((part) => part.includes(text))) continue
    found += 1
    const of = usage.ofNamespace(one.namespace)
    const list = one.problem !== undefined ? unusable : (of?.denied ?? 0) > 0 ? denied : others
    if (list.length < MOST_ROWS) list.push(namespaceRow(one, of, clock()))
  }
  return { total, found, broken, rows: [...unusable, ...denied, ...others].slice(0, MOST_ROWS) }
}

function namespaceRow(
  { namespace, credentials, since, problem }: ListedNamespace,
  usage: ReturnType<Usage['ofNamespace']>,
  now: number,
) {
  return {
    ...{ namespace, ...(problem === undefined ? {} : { problem }) },
    ...(since === undefined ? {} : { age: Math.max(now - since, 0) }),
    credentials: credentials.map((one) => ({
      ...{ id: one.id, username: one.username, state: stateOf(one, now) },
    })),
    ...(usage ?? { allowed: 0, denied: 0 }),
  }
}

function stateOf(credential: ListedNamespace['credentials'][number], now: number) {
  const kind = standingOf(credential, now)
  const at = kind === 'waits' ? credential.notBefore : credential.notAfter
  return { kind, ...(at === undefined ? {} : { at }) }
}

function textsOf({ namespace, credentials }: ListedNamespace): readonly string[] {
  return [namespace, ...credentials.flatMap(({ id, username }) => [id, username])]
}

function ruleTable({ policy, usage }: TableSources) {
  const { rules, shadows } = policy()
  const all = [...rules, ...shadows]
  const nobody = usage.ofNoRule()
  return {
    total: all.length,
    unused: all.filter(({ id }) => usage.ofRule(id) === undefined).length,
    rows: all.slice(0, MOST_ROWS).map((rule) => ({
      ...{ rule: rule.id, match: matchWords(rule), actions: actionsWords(rule) },
      ...(usage.ofRule(rule.id) ?? { hits: 0 }),
    })),
    ...(nobody === undefined ? {} : { byDefault: nobody }),
  }
}
