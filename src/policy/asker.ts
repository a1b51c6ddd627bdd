import type { Holder } from '../subject.ts'
import { contains, type Address } from './network.ts'
import type { Values } from './placeholders.ts'
import type { Rule } from './rule.ts'

/** Who asks, and from where. */
export interface Asker {
  /** The user name that was authenticated; empty: nobody. */
  readonly account: string
  /** None: nobody. */
  readonly holders: readonly Holder[]
  readonly service: string
  /** IP address of the client; `undefined`: not known. */
  readonly address: string | undefined
}

/** An asker in the name of one namespace, `undefined` for nobody. */
export interface Voice {
  readonly account: string
  readonly namespace: string | undefined
  readonly service: string
  readonly address: Address | undefined
  readonly values: Values
}

export function voiceOf(
  { account, service }: Asker,
  namespace: string | undefined,
  address: Address | undefined,
): Voice {
  const values = { account: account === '' ? undefined : account, namespace }
  return { account, namespace, service, address, values }
}

/** Whether a rule is there at all for a voice; `unknown`: that depends on an address nobody knows. */
export type Addressed = 'yes' | 'no' | 'unknown'

export function addresses(rule: Rule, voice: Voice): Addressed {
  const { namespace, account, service, network } = rule
  const { values } = voice
  if (voice.namespace === undefined) {
    if (rule.anonymous !== true || namespace !== undefined) return 'no'
  } else if (namespace?.matches(voice.namespace, values) === false) return 'no'
  if (account?.matches(voice.account, values) === false) return 'no'
  if (service?.matches(voice.service, values) === false) return 'no'
  if (network === undefined) return 'yes'
  if (voice.address === undefined) return 'unknown'
  return contains(network, voice.address) ? 'yes' : 'no'
}
