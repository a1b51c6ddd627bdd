import type { MetricsSnapshot } from '../../adapters/ops/metrics.ts'
import type { Config } from '../../config/schema.ts'
import type { FailureSource } from '../../credentials/guessing.ts'

/** What a worker asks of the primary process: question and answer, by name. Sent by structured clone. */
export type PrimaryCalls = {
  /** The first word of a worker. */
  join: [undefined, Joined]
  /** Its ports are open. */
  opened: [Readonly<Record<string, number>>, undefined]
  /** How its parts are, whenever that changes. */
  health: [readonly PartState[], undefined]
  /** As of a FailureCounter. */
  take: [CountedFailure, number]
  giveBack: [CountedFailure, undefined]
}

/** What the primary process asks of a worker. */
export type WorkerCalls = {
  /** What became of the credentials; also a sign of life. */
  credentials: [CredentialChanges, undefined]
  /** End what is under way, and then yourself; by which signal. */
  stop: [string, undefined]
  metrics: [undefined, MetricsSnapshot]
  /** A decision by its id, as the operations port tells it. */
  decision: [string, object | undefined]
}

/** What makes a worker one of several that serve as one. */
export interface Joined {
  /** 1 and more: it stands in the log. */
  readonly worker: number
  readonly workers: number
  /** The configuration as all of them start with it, also one that takes the place of another later. */
  readonly config: string
  /** Passwords are compared by hashes under this key. */
  readonly hasherKey: Uint8Array
  /** `undefined`: no source of Secrets is configured. */
  readonly credentials: CredentialChanges | undefined
}

export interface CredentialChanges {
  readonly ready: boolean
  /** All credentials of each id that has others than before, without those of which there are none. */
  readonly changed: readonly (readonly [id: string, credentials: readonly SentCredential[]])[]
}

/** A Credential whose secret is spelt out: it never leaves the pipe between two processes. */
export interface SentCredential {
  readonly fields: Readonly<Record<string, unknown>>
  readonly secret:
    | { readonly kind: 'keyed'; readonly hash: Uint8Array }
    | { readonly kind: 'bcrypt'; readonly hash: string; readonly cost: number }
}

export interface CountedFailure {
  /** The numbers of now: a reload may reach a worker earlier than another. */
  readonly guessing: Pick<Config['guessing'], 'failures' | 'perNetwork' | 'window'>
  readonly source: FailureSource
}

/** A HealthPart as it was at a moment. */
export interface PartState {
  readonly name: string
  readonly ready: boolean
  readonly trouble: string | undefined
}
