import type { Mapping } from '../../../mapping.ts'

/** Objects of one kind that are followed together: one list, one watch. */
export interface Collection {
  /** As in their manifests: `v1`, `coordination.k8s.io/v1`. */
  readonly apiVersion: string
  readonly kind: string
  /** As in their path: `secrets`. */
  readonly resource: string
  /** Undefined: those of all namespaces, or of none where their kind has none. */
  readonly namespace?: string | undefined
  readonly fieldSelector?: string | undefined
  /** As kubectl's `-l` has it. */
  readonly labelSelector?: string | undefined
  /** No more of each than its `metadata` is asked for. */
  readonly metadataOnly?: boolean
}

/** All namespaces, with no more than their metadata, which says also whether one is being deleted. */
export const NAMESPACES: Collection = {
  ...{ apiVersion: 'v1', kind: 'Namespace', resource: 'namespaces' },
  metadataOnly: true,
}

export type SecretsOptions = Pick<Collection, 'namespace' | 'labelSelector'>

/**
 * The Secrets with one name. With that as a field selector even a role that names that one Secret
 * (`resourceNames`) allows both list and watch.
 */
export function secretsNamed(
  name: string,
  { namespace, labelSelector }: SecretsOptions = {},
): Collection {
  return {
    ...{ apiVersion: 'v1', kind: 'Secret', resource: 'secrets' },
    ...{ namespace, labelSelector, fieldSelector: `metadata.name=${name}` },
  }
}

/** Path and query for a list or a watch of it. */
export function pathOf(
  { apiVersion, resource, namespace, fieldSelector, labelSelector }: Collection,
  query: Readonly<Record<string, string>>,
): string {
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`
  const base = namespace === undefined ? root : `${root}/namespaces/${namespace}`
  const all = new URLSearchParams({
    ...(fieldSelector === undefined ? {} : { fieldSelector }),
    ...(labelSelector === undefined ? {} : { labelSelector }),
    ...query,
  })
  return `${base}/${resource}?${all.toString()}`
}

/** What an object says that it is. */
export interface TypeMeta extends Mapping {
  readonly apiVersion: string
  readonly kind: string
}

/** What the objects of a collection say that they are, as they are asked for. */
export function typeOf({ apiVersion, kind, metadataOnly = false }: Collection): TypeMeta {
  return metadataOnly
    ? { apiVersion: 'meta.k8s.io/v1', kind: 'PartialObjectMetadata' }
    : { apiVersion, kind }
}

/** Media type of a list or a watch; "Receiving resources as Tables" in Kubernetes' API concepts has its form. */
export function acceptOf({ metadataOnly = false }: Collection, of: 'list' | 'watch'): string {
  const as = of === 'list' ? 'PartialObjectMetadataList' : 'PartialObjectMetadata'
  return `application/json${metadataOnly ? `;as=${as};g=meta.k8s.io;v=v1` : ''}`
}
