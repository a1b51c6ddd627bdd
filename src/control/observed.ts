import type { Mapping } from '../mapping.ts'
import type { Redacted } from '../redacted.ts'
import type { Marked } from './marks.ts'

/** Which of the two Secrets of a namespace. */
export type Which = 'credentials' | 'pull'

/** A Secret as the API server has it. */
export interface ObservedSecret extends Marked {
  readonly uid: string
  /** `resourceVersion`: a write is of this one or of none. */
  readonly version: string
  readonly type: string
  readonly immutable: boolean
  /** It waits for a finalizer. */
  readonly deleting: boolean
  /** `data`: base64. */
  readonly data: Redacted<Mapping>
}

/** A ServiceAccount as the API server has it. */
export interface ObservedAccount {
  readonly uid: string
  readonly version: string
  /** Names of its `imagePullSecrets`, in their order. */
  readonly pullSecrets: readonly string[]
}

/** A namespace with all of it that concerns rauth. */
export interface Observed {
  readonly namespace: string
  /** Whether it is one of those that rauth makes Secrets for. */
  readonly managed: boolean
  readonly credentials: ObservedSecret | undefined
  readonly pull: ObservedSecret | undefined
  /** Each that is asked for; undefined where there is none. */
  readonly accounts: Readonly<Record<string, ObservedAccount | undefined>>
}
