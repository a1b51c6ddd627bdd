import type { Captures } from './captures.ts'
import type { Network } from './network.ts'
import type { Pattern } from './pattern.ts'
import type { Hours } from './hours.ts'

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
  /** The ServiceAccount of its namespace that asks; without: any or none, and of it no more than pulls. */
  readonly serviceaccount?: Pattern
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
  /** When; without: always. */
  readonly hours?: Hours
  /** Only for requests that name a tag, and one of these; without: for all. */
  readonly tags?: readonly Pattern[]
  /** Exactly `['*']` allows every action that is asked for. */
  readonly actions: readonly string[]
  /** Also for nobody: without credentials a rule that does not say so is none. */
  readonly anonymous?: boolean
  /** Tags that, once they are there, are neither written again nor deleted, whatever the actions say. */
  readonly immutable?: readonly Pattern[]
  /** Does not decide: what it would deny is told, and the next rule that matches decides. */
  readonly shadow?: boolean
  /** Words for whoever it denies something. */
  readonly reason?: string
}
