import { parseInstant } from '../../instant.ts'
import { isMapping, type Mapping } from '../../mapping.ts'

/** When rauth's controller made the password of a Secret: an annotation. */
export const ROTATED_AT = 'rauth.dev/rotated-at'

/**
 * Since when the password is what it is, seconds since the epoch, as far as the metadata of its Secret
 * tells: since it was rotated, else since the Secret was made.
 */
export function passwordSince(metadata: Mapping): number | undefined {
  const annotations = isMapping(metadata['annotations']) ? metadata['annotations'] : {}
  return instantIn(annotations[ROTATED_AT]) ?? instantIn(metadata['creationTimestamp'])
}

function instantIn(value: unknown): number | undefined {
  return typeof value === 'string' ? parseInstant(value) : undefined
}
