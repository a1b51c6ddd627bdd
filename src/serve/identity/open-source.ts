import type { IdentitySource } from '../../credentials/source.ts'

/** A source that vouches for those it knows. */
export interface OpenSource {
  readonly source: IdentitySource
  /** What is wrong with its file, if it has one. */
  readonly problem?: () => string | undefined
  readonly close: () => void
}
