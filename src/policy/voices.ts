import type { Holder } from '../subject.ts'
import { voiceOf, type Asker, type Voice } from './asker.ts'
import { parseAddress } from './network.ts'
import type { Policy } from './policy.ts'

/** One of the holders of an asker, or nobody, and what rules see of it. */
export interface Speaker {
  readonly holder: Holder | undefined
  readonly voice: Voice
}

/** Each holder with its voice; nobody has one, too. */
export function voicesOf(policy: Policy, asker: Asker): readonly Speaker[] {
  const { holders, address: text } = asker
  const address = policy.locates && text !== undefined ? parseAddress(text) : undefined
  return (holders.length === 0 ? [undefined] : holders).map((holder) => ({
    holder,
    voice: voiceOf(asker, holder, address),
  }))
}

/** `*` stands for everything, also what has no name yet: no limit leaves it whole. */
export function isWithin(holder: Holder | undefined, action: string): boolean {
  const limit = holder?.actions
  return limit === undefined || (action !== '*' && limit.includes(action))
}
