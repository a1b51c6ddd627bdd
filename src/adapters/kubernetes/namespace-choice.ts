import { isMapping } from '../../mapping.ts'
import type { Api } from './api.ts'
import { NAMESPACES, pathOf } from './follow/collection.ts'
import type { NamespaceChoice } from './overview.ts'
import { isDeleting } from './managed/objects.ts'

export interface ChoiceReaderOptions {
  readonly api: Api
  readonly choice: NamespaceChoice
  readonly signal: AbortSignal
  /** Longest time until an answer begins, milliseconds. */
  readonly patience: number
}

/** Whether a namespace is chosen, as it is at that moment and of no cache; with the right to list namespaces alone. */
export function createChoiceReader(
  options: ChoiceReaderOptions,
): (namespace: string) => Promise<boolean> {
  const { api, signal, patience } = options
  const { except, only, labelSelector } = options.choice
  return async (namespace) => {
    if (except.includes(namespace)) return false
    if (only.length > 0) return only.includes(namespace)
    const named = { ...NAMESPACES, labelSelector, fieldSelector: `metadata.name=${namespace}` }
    const { items } = await api.send('GET', pathOf(named, {}), { signal, patience })
    const found: readonly unknown[] = Array.isArray(items) ? items : []
    return found.some((item) => isMapping(item) && !isDeleting(item))
  }
}
