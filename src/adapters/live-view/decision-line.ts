import { refusalKind, type Reason } from '../../refusal.ts'
import type { DecisionEvent } from '../../event.ts'
import type { KeptDecision } from './decision-ring.ts'
import { kindOf, type Kind } from './kind.ts'

/** A decision as one line of the page; texts of clients among it, which the page shows as texts. */
export interface DecisionLine {
  readonly id: string
  /** Milliseconds since the epoch. */
  readonly time: number
  readonly half: DecisionEvent['half']
  readonly kind: Kind
  readonly status: number
  readonly who: string
  readonly namespaces: readonly string[]
  readonly what: string
  readonly reason?: Reason
  /** Why not, in a sentence. */
  readonly why?: string
  /** The rule that decided, the shadow or the part of what was asked for that was not granted. */
  readonly note?: string
  readonly address?: string
}

export function lineOf({ time, event }: KeptDecision): DecisionLine {
  const { id, half, status, reason, address } = event
  const note = noteOf(event)
  return {
    ...{ id, time, half, kind: kindOf(event), status },
    who: whoOf(event),
    namespaces: event.namespaces ?? [],
    what: whatOf(event),
    ...(reason === undefined ? {} : { reason, why: whyOf(reason, event.detail) }),
    ...(note === undefined ? {} : { note }),
    ...(address === undefined ? {} : { address }),
  }
}

/** Who asked, as far as that is known. */
export function whoOf({ account }: Pick<DecisionEvent, 'account'>): string {
  if (account === undefined) return 'not known'
  return account === '' ? 'nobody' : account
}

/** What was asked for. */
export function whatOf({ requested, path, half, method }: DecisionEvent): string {
  if (requested !== undefined && requested !== '') return requested
  if (path !== undefined) return [method, path].filter((one) => one !== undefined).join(' ')
  return half === 'token' ? 'a login' : half === 'catalog' ? 'the catalog' : '/v2/'
}

/** The words of the refusal's table, and what the log alone is told beside them. */
export function whyOf(reason: Reason, detail: string | undefined): string {
  const { message } = refusalKind(reason)
  return detail === undefined ? message : `${message} (${detail})`
}

function noteOf({ half, outcome, granted, requested, shadow, rule, mount }: DecisionEvent) {
  if (shadow !== undefined) return `in shadow: ${shadow}`
  if (mount !== undefined) return 'the mount became an upload: its source is out of reach'
  // Of a check it is all that the token is for.
  const isToken = half === 'token' && outcome === 'allowed'
  if (isToken && granted !== undefined && granted !== (requested ?? '')) {
    return granted === '' ? 'nothing of it was granted' : `granted only ${granted}`
  }
  return rule === undefined || rule === '' ? undefined : `by ${rule}`
}
