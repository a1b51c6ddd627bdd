import type { DecisionEvent } from '../../event.ts'
import type { Reason } from '../../refusal.ts'
import { isDenied, kindOf } from './kind.ts'

/** How a namespace fared since the process started; times in milliseconds since the epoch. */
export interface NamespaceUsage {
  readonly allowed: number
  readonly denied: number
  readonly lastAllowed?: number
  readonly lastDenied?: number
  /** Of that. */
  readonly lastReason?: Reason
}

/** How often a rule was looked at for a decision, and when last. */
export interface RuleUsage {
  readonly hits: number
  readonly last: number
}

export interface Usage {
  record(event: DecisionEvent): void
  readonly ofNamespace: (namespace: string) => NamespaceUsage | undefined
  /** By the id of the rule. */
  readonly ofRule: (rule: string) => RuleUsage | undefined
  /** Of what no rule decided: denied by default. */
  readonly ofNoRule: () => RuleUsage | undefined
}

type Changing<T> = { -readonly [Key in keyof T]: T[Key] }

/** Counts by namespace and by rule, `most` of each: past that the one that was there first makes room. */
export function createUsage(most: number, now: () => number): Usage {
  const namespaces = new Map<string, Changing<NamespaceUsage>>()
  const rules = new Map<string, Changing<RuleUsage>>()

  function hit(rule: string, time: number): void {
    const known = rules.get(rule)
    if (known === undefined) put(rules, rule, { hits: 1, last: time }, most)
    else {
      known.hits += 1
      known.last = time
    }
  }

  return {
    record(event) {
      const { reason, namespaces: whose = [], rule } = event
      const [time, kind] = [now(), kindOf(event)]
      for (const namespace of whose) {
        const known = namespaces.get(namespace) ?? { allowed: 0, denied: 0 }
        if (kind === 'allowed') {
          known.allowed += 1
          known.lastAllowed = time
        } else if (isDenied(kind)) {
          known.denied += 1
          known.lastDenied = time
          if (reason !== undefined) known.lastReason = reason
        }
        if (!namespaces.has(namespace)) put(namespaces, namespace, known, most)
      }
      if (rule === undefined) return
      // Of several rules an event has the ids in one text; most have one.
      if (rules.has(rule) || !rule.includes(',')) hit(rule, time)
      else for (const one of rule.split(',')) hit(one, time)
    },
    ofNamespace: (namespace) => namespaces.get(namespace),
    ofRule: (rule) => rules.get(rule),
    ofNoRule: () => rules.get(''),
  }
}

function put<V>(map: Map<string, V>, key: string, value: V, most: number): void {
  if (map.size >= most) {
    const [oldest] = map.keys()
    if (oldest !== undefined) map.delete(oldest)
  }
  map.set(key, value)
}
