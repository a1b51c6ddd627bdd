import { randomUUID } from 'node:crypto'
import { idsOf } from '../../credentials/holder.ts'
import { decide } from '../../decision.ts'
import { recordOf, type DecisionEvent, type DecisionRecord } from '../../event.ts'
import { explain, type Explanation } from '../../policy/explain.ts'
import { grant } from '../../policy/grant.ts'
import type { Policy } from '../../policy/policy.ts'
import { accepted, refused } from '../../refusal.ts'
import { covers, type Access } from '../../registry/access.ts'
import { formatScope } from '../../registry/scope.ts'
import type { Asking } from './who.ts'

/** The record of a decision, as the log of a rauth has it, and how the policy came to it. */
export interface Judged {
  readonly record: Omit<DecisionRecord, 'duration'>
  readonly explanation: Explanation | undefined
}

/**
 * Decides as the gateway would for whoever holds a token for all that it may have; who can't log in has none.
 * The explanation is then of what the policy would say.
 */
export async function judge(policy: Policy, asking: Asking, requested: Access): Promise<Judged> {
  const { asker, namespaces, credentials, shutOut } = asking
  const { address } = asker
  const { record } = await recorded((record) =>
    decide(
      { timer: () => 0, newId: randomUUID, record },
      ...(['cli', address === undefined ? {} : { address }] as const),
      (learn) => {
        learn({
          ...{ account: asker.account, namespaces, credentials: idsOf(credentials) },
          requested: formatScope(requested),
        })
        if (shutOut !== undefined) {
          return Promise.resolve(refused('credentials_invalid', shutOut))
        }
        const { access, rules, shadow } = grant(policy, asker, requested)
        learn({
          granted: formatScope(access),
          rule: rules.join(','),
          ...(shadow === undefined ? {} : { shadow: shadow.join(', ') }),
        })
        if (covers(access, requested)) return Promise.resolve(accepted(access))
        const isNobody = asker.holders.length === 0
        return Promise.resolve(refused(isNobody ? 'login_required' : 'access_denied'))
      },
    ),
  )
  return { record, explanation: explain(policy, asker, requested) }
}

/** What is recorded of one decision, and how the policy came to it where it was asked. */
export async function recorded(
  run: (record: (event: DecisionEvent) => void) => Promise<unknown>,
): Promise<Judged> {
  let found: DecisionEvent | undefined
  await run((event) => {
    found = event
  })
  if (found === undefined) throw new TypeError('nothing was recorded')
  // An event does not know what explains it; the flows do it by the policy, and by nothing else.
  return { record: untimed(recordOf(found)), explanation: found.why?.() as Explanation | undefined }
}

function untimed({ duration: _, ...record }: DecisionRecord): Judged['record'] {
  return record
}
