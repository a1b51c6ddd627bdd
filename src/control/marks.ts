import { isMapping } from '../mapping.ts'

export { ROTATED_AT } from '../credentials/secret/password-since.ts'

/** By this label whoever looks at a Secret sees who keeps it; the name is Kubernetes' own. */
export const MANAGED_BY = 'app.kubernetes.io/managed-by'
export const MANAGER = 'rauth'

/** Annotations of rauth's on its Secrets. */
export const OWNER = 'rauth.dev/owner'
/** `now` or anything else: whoever may write the Secret asks for a rotation. Gone with it. */
export const ROTATE = 'rauth.dev/rotate'
/** `true`: whoever may write a Secret gives it to rauth. */
export const ADOPT = 'rauth.dev/adopt'
export const CONDITIONS = 'rauth.dev/conditions'
/** The registries whose logins in a pull Secret are rauth's; others in it are somebody else's. */
export const REGISTRIES = 'rauth.dev/registries'
/** Since when the namespace of a Secret is none of those that are managed. */
export const UNMANAGED_SINCE = 'rauth.dev/unmanaged-since'

/** The only owner there is so far. */
export const OWNED = 'controller'

export interface Marked {
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}

/**
 * Whether a Secret is rauth's: it has one of two marks, so that who strips one does not take it away. One that
 * another program calls its own is that program's.
 */
export function isOwned({ labels, annotations }: Marked): boolean {
  const manager = labels[MANAGED_BY]
  return manager === undefined ? annotations[OWNER] === OWNED : manager === MANAGER
}

/**
 * Whether rauth may take over a Secret that is not its own. What another program manages it would have to
 * fight for, so there the word for all of them does not count.
 */
export function mayAdopt({ labels, annotations }: Marked, adoptAll: boolean): boolean {
  return annotations[ADOPT] === 'true' || (adoptAll && labels[MANAGED_BY] === undefined)
}

/** The labels and the annotations that make a Secret rauth's, as far as it lacks them. */
export function missingMarks({ labels, annotations }: Marked): Partial<Marked> | undefined {
  const lacksLabel = labels[MANAGED_BY] !== MANAGER
  const lacksOwner = annotations[OWNER] !== OWNED
  if (!lacksLabel && !lacksOwner) return undefined
  return {
    ...(lacksLabel && { labels: { [MANAGED_BY]: MANAGER } }),
    ...(lacksOwner && { annotations: { [OWNER]: OWNED } }),
  }
}

/** The texts of a mapping, such as `metadata.labels`; nothing else is ever in one. */
export function textsOf(value: unknown): Readonly<Record<string, string>> {
  if (!isMapping(value)) return {}
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, text]) => (typeof text === 'string' ? [[key, text]] : [])),
  )
}
