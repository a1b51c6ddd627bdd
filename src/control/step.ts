import type { Redacted } from '../redacted.ts'
import type { Which } from './observed.ts'

/** Why something is written: a closed list, for log lines, Events and metrics. */
export type Why =
  | 'missing'
  | 'changed'
  | 'unusable'
  | 'unmarked'
  | 'adopted'
  | 'aged'
  | 'asked'
  | 'asked_now'
  | 'overlap_begins'
  | 'overlap_ended'
  | 'rotation_waits'
  | 'condition'
  | 'unmanaged'

/** Values in the clear; null takes a key away. */
export type DataChanges = Readonly<Record<string, Redacted<string> | null>>
export type TextChanges = Readonly<Record<string, string | null>>

export interface SecretChanges {
  readonly labels?: TextChanges
  readonly annotations?: TextChanges
  readonly data?: DataChanges
}

/**
 * One write. Each is of the version that the plan was made for: whoever wrote in between makes it fail, and
 * then there is another plan.
 */
export type Step =
  | {
      readonly kind: 'create'
      readonly target: Which
      readonly why: Why
      readonly type: string
      readonly content: Required<SecretChanges>
    }
  | {
      readonly kind: 'change'
      readonly target: Which
      readonly why: Why
      readonly version: string
      readonly content: SecretChanges
    }
  | {
      readonly kind: 'delete'
      readonly target: Which
      readonly why: Why
      readonly uid: string
      readonly version: string
    }
  | {
      /** Its list of pull Secrets from then on. */
      readonly kind: 'link'
      readonly account: string
      readonly why: Why
      readonly version: string
      readonly pullSecrets: readonly string[]
    }

/** What keeps a namespace from being as it should; a reason as conditions and Events have it. */
export interface Obstacle {
  readonly reason:
    | 'CredentialsNotOwned'
    | 'CredentialsUnusable'
    | 'CredentialsImmutable'
    | 'PullSecretNotOwned'
    | 'PullSecretImmutable'
    | 'PullSecretType'
    | 'Deleting'
    | 'ServiceAccountMissing'
  /** What it is, and what to do; quotes nothing of a Secret. */
  readonly message: string
}

/** What is to be done for a namespace. */
export interface Plan {
  /** The next write; after it there is another plan, from what is there then. */
  readonly step?: Step
  /** What keeps the namespace from being as it should, and rauth can't change. */
  readonly obstacle?: Obstacle
  /** When there is something to do though nobody changes anything, seconds since the epoch. */
  readonly wake?: number
}
