import type { IdentitySource } from '../../credentials/source.ts'

/** A source that vouches for those it knows. */
export interface OpenSource {
  readonly source: IdentitySource
  /** What is wrong with its file or its keys, or why it did not answer when it was last asked. */
  readonly problem?: () => string | undefined
  readonly close: () => void
}
