import type { Captures } from './captures.ts'
import type { Network } from './network.ts'
import type { Pattern } from './pattern.ts'

/** What one of the values of a label must match. */
export interface LabelPattern {
  readonly label: string
  readonly pattern: Pattern
}

/** One rule. Every part of the match must hold; the first rule of a policy that matches decides. */
export interface Rule {
  /** Stable name for logs and explanations. */
  readonly id: string
  /** Type of the resource, such as `repository`. */
  readonly type: Pattern
  /** Name of the resource. */
  readonly name: Pattern
  /** The namespace that asks; without: any. */
  readonly namespace?: Pattern
  /** The user name that was authenticated; without: any. */
  readonly account?: Pattern
  /** The service that the token is for; without: any. */
  readonly service?: Pattern
  /** What an identity source said of who asks; without: anything. */
  readonly labels?: readonly LabelPattern[]
  /** What its patterns name of what others of them catch. */
  readonly captures?: Captures
  /** Where the client is; without: anywhere. */
  readonly network?: Network
  /** Exactly `['*']` allows every action that is asked for. */
  readonly actions: readonly string[]
  /** Also for those who are no namespace: without credentials a rule that does not say so is none. */
  readonly anonymous?: boolean
}
