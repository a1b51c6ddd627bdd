/** What each source is given to make a part with. */
export interface SourceContext {
  /** Empty, and all that a source may write to. */
  readonly folder: string
  readonly env: NodeJS.ProcessEnv
  /** Ends what is under way when it is aborted. */
  readonly signal: AbortSignal | undefined
  /** What goes on now, for somebody who waits. */
  readonly report: (what: string) => void
}
