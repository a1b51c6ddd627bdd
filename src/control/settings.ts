import type { SecretOptions } from '../credentials/secret/secret-format.ts'
import type { Redacted } from '../redacted.ts'

/** What an administrator wants of every namespace. */
export interface ControlSettings {
  readonly secretName: string
  readonly pullSecretName: string
  /** Hosts, as they stand before the first slash of an image. */
  readonly registries: readonly string[]
  /** Seconds that a password lives; without: until somebody asks. */
  readonly rotateAfter?: number | undefined
  /** Seconds that the next password is in the credentials before pods get it: time for every rauth to know it. */
  readonly publishAhead: number
  /** Seconds that the password before goes on working, counted from when the pull Secret has the next one. */
  readonly overlap: number
  /** ServiceAccounts that get the pull Secret. */
  readonly serviceAccounts: readonly string[]
  /** Whether Secrets that somebody else made are taken over. */
  readonly adopt: boolean
  /** What becomes of rauth's Secrets in a namespace that is no longer managed. */
  readonly whenUnmanaged: 'keep' | 'delete'
}

export interface PlanContext {
  readonly settings: ControlSettings
  /** How rauth itself reads a Secret: what it would not take is no credential. */
  readonly reading: SecretOptions
  readonly newPassword: () => Redacted<string>
  /** Seconds since the epoch. */
  readonly now: number
}
