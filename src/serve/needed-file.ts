/** A file that is configured, without which rauth does not start. */
export interface NeededFile {
  /** What names it, such as `oidc.jwks`. */
  readonly key: string
  readonly path: string
  /** What to do where it is not there; may be empty. */
  readonly next: string
  /** Reads it as `rauth serve` does. Rejects with what would keep that from starting. */
  readonly check: () => Promise<unknown>
}
