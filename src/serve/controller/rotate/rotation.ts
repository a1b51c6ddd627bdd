import type { Log } from '../../../log.ts'

export interface RotateOptions {
  readonly namespace: string
  /** The password before works no longer, at once. */
  readonly now: boolean
  /** Whether the configuration says for which registries logins are. */
  readonly knowsRegistries: boolean
  readonly log: Log
  /** Told before it waits, seconds: the next password is there, and pods get it then. */
  readonly onWait: (seconds: number) => void
}

export interface Rotated {
  /** Until when the password before works, seconds since the epoch; undefined: no longer. */
  readonly previousUntil: number | undefined
  /** Why the pull Secret has not followed. */
  readonly obstacle: string | undefined
}
