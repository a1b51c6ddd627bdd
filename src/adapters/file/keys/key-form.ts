import type { RauthError } from '../../../errors.ts'
import type { VerificationKey } from '../../../token/key-set.ts'
import type { Certificates } from '../certificates.ts'
import type { FoundKey } from './key-certificate.ts'

/** A key that a folder may hold, by its files. */
export interface KeyCandidate {
  readonly name: string
  /** The first one makes it a key: with that file gone, the key is gone, whatever else is there. */
  readonly files: readonly [string, ...string[]]
}

/** What is in the files of a candidate, or why that can't be known. */
export interface KeyContents {
  readonly directory: string
  readonly name: string
  /** In the order of its files; nothing of one that is not there. */
  readonly contents: readonly (string | RauthError | undefined)[]
  /** Of `ca.crt`; nothing where the folder has none. */
  readonly authorities: Certificates | RauthError | undefined
}

/** How keys lie in a folder: those that sign as pairs, those that only verify as certificates. */
export interface KeyForm<K extends VerificationKey> {
  /** What one of them is called. */
  readonly what: string
  /** Among the files of a folder, in the order of their names. */
  candidates(files: readonly string[]): readonly KeyCandidate[]
  /**
   * Files → the key, if it may be used. Throws ERR_KEYS_UNREADABLE for what must not. Looks at no
   * clock.
   */
  read(key: KeyContents): Promise<FoundKey<K>>
  /** What to do when one is spoilt. */
  readonly renewal: (directory: string) => string
  /** What to do when there is none; `certified`: there is a `ca.crt`. */
  readonly beginning: (directory: string, certified: boolean) => string
  /** What to do before the last one ends. */
  readonly succession: (directory: string) => string
}
