import type { DecisionEvent } from '../../event.ts'
import { REASONS } from '../../refusal.ts'
import { kindOf, type Kind } from './kind.ts'

/** Which decisions somebody wants to see. */
export interface DecisionFilter {
  /** What it comes to as a text: the same for two that want the same. */
  readonly key: string
  readonly wants: (event: DecisionEvent) => boolean
}

const OUTCOMES = {
  allowed: ['allowed'],
  challenged: ['challenged'],
  denied: ['refused', 'failed'],
  refused: ['refused'],
  failed: ['failed'],
} as const satisfies Record<string, readonly Kind[]>

/** Longest text of a field; more is cut off. */
const LONGEST = 256

/**
 * The fields of the page's form: `outcome`, `reason`, `namespace` (of whoever asks, or of the repository) and
 * `text`, which is looked for in all that a line shows. What is no such value filters nothing.
 */
export function readFilter(query: URLSearchParams): DecisionFilter {
  const field = (name: string) => (query.get(name) ?? '').trim().slice(0, LONGEST)
  const outcome = field('outcome')
  const outcomes: readonly string[] | undefined = Object.hasOwn(OUTCOMES, outcome)
    ? OUTCOMES[outcome as keyof typeof OUTCOMES]
    : undefined
  const reason = REASONS.find((one) => one === field('reason'))
  const namespace = field('namespace')
  const text = field('text').toLowerCase()
  return {
    key: JSON.stringify([outcomes, reason, namespace, text]),
    wants: (event) =>
      (outcomes === undefined || outcomes.includes(kindOf(event))) &&
      (reason === undefined || event.reason === reason) &&
      (namespace === '' || isAbout(event, namespace)) &&
      (text === '' || textsOf(event).some((one) => one.toLowerCase().includes(text))),
  }
}

function isAbout({ namespaces = [], requested = '' }: DecisionEvent, namespace: string): boolean {
  return namespaces.includes(namespace) || requested.includes(`:${namespace}/`)
}

function textsOf(event: DecisionEvent): readonly string[] {
  const { id, account, requested, path, address, rule, requestId, method, detail, reason } = event
  const all = [id, account, requested, path, address, rule, requestId, method, detail, reason]
  return [...all, ...(event.namespaces ?? [])].filter((one) => one !== undefined)
}
