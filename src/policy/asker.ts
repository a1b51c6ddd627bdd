import type { Holder, Labels } from '../subject.ts'
import type { Address } from './network.ts'

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
  readonly labels: Labels | undefined
  readonly service: string
  readonly address: Address | undefined
}

export function voiceOf(
  { account, service }: Asker,
  holder: Holder | undefined,
  address: Address | undefined,
): Voice {
  const { namespace, labels } = holder ?? {}
  return { account, namespace, labels, service, address }
}
