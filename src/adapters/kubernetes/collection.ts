/** The Secrets that are watched together: one list, one watch. */
export interface Collection {
  /** Undefined: those of all namespaces. */
  readonly namespace: string | undefined
  readonly secretName: string
  /** Only Secrets with such labels, as kubectl's `-l` has it. */
  readonly labelSelector?: string | undefined
}

/**
 * Path and query for a list or a watch of it. With the name as a field selector even a role that names
 * that one Secret (`resourceNames`) allows both.
 */
export function pathOf(
  { namespace, secretName, labelSelector }: Collection,
  query: Readonly<Record<string, string>>,
): string {
  const base = namespace === undefined ? '/api/v1' : `/api/v1/namespaces/${namespace}`
  const selectors = {
    fieldSelector: `metadata.name=${secretName}`,
    ...(labelSelector === undefined ? {} : { labelSelector }),
  }
  return `${base}/secrets?${new URLSearchParams({ ...selectors, ...query }).toString()}`
}
