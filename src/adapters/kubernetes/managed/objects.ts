import { textsOf } from '../../../control/marks.ts'
import type { ObservedAccount, ObservedSecret } from '../../../control/observed.ts'
import { isMapping, type Mapping } from '../../../mapping.ts'
import { Redacted } from '../../../redacted.ts'

/** A Secret as the API server gives it; a part that is none is the same as nothing. */
export function secretIn(object: Mapping): ObservedSecret {
  const metadata = metadataOf(object)
  const { data } = object
  return {
    uid: textOf(metadata['uid']),
    version: textOf(metadata['resourceVersion']),
    type: textOf(object['type']),
    immutable: object['immutable'] === true,
    deleting: isDeleting(object),
    labels: textsOf(metadata['labels']),
    annotations: textsOf(metadata['annotations']),
    data: new Redacted(isMapping(data) ? data : {}),
  }
}

export function accountIn(object: Mapping): ObservedAccount {
  const listed = object['imagePullSecrets']
  const items: readonly unknown[] = Array.isArray(listed) ? listed : []
  return {
    uid: textOf(metadataOf(object)['uid']),
    version: textOf(metadataOf(object)['resourceVersion']),
    pullSecrets: items.flatMap((item) =>
      isMapping(item) && typeof item['name'] === 'string' ? [item['name']] : [],
    ),
  }
}

export function metadataOf(object: Mapping): Mapping {
  const { metadata } = object
  return isMapping(metadata) ? metadata : {}
}

/** Somebody deleted it, and it is not gone yet. */
export function isDeleting(object: Mapping): boolean {
  return (metadataOf(object)['deletionTimestamp'] ?? undefined) !== undefined
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
