import type { Access } from '../registry/access.ts'

/** Who is asked about what the rules leave open. */
export interface Decider {
  /** What it is called among the rules that decided. */
  readonly name: 'policy.command' | 'policy.kubernetes'
  /** Whether it is asked about a ServiceAccount as such: then what rules spare of these is open to it. */
  readonly knowsServiceAccounts: boolean
}

/** A program of the administrator's. */
export const COMMAND: Decider = { name: 'policy.command', knowsServiceAccounts: false }

/** The access control of a Kubernetes cluster. */
export const KUBERNETES: Decider = { name: 'policy.kubernetes', knowsServiceAccounts: true }

/** What somebody has by it. */
export interface Decided {
  readonly by: Decider
  readonly access: Access
}
