import type { Holder, Labels } from '../subject.ts'
import type { Address } from './network.ts'

/**
 * The tags that a request names, perhaps none. `any`: of a token, which the gateway narrows to the tag of
 * each request; so the token is for what is allowed of some tag. `undefined`: that can't be told.
 */
export type Tags = 'any' | readonly string[] | undefined

/** Who asks, from where and when. */
export interface Asker {
  /** The user name that was authenticated; empty: nobody. */
  readonly account: string
  /** None: nobody. */
  readonly holders: readonly Holder[]
  /** Labels of nobody. */
  readonly nobody?: Labels | undefined
  readonly service: string
  /** IP address of the client; `undefined`: not known. */
  readonly address: string | undefined
  /** Seconds since the epoch; without: that can't be told. */
  readonly now?: number
  readonly tags?: Tags
}

/** Whose place an asker takes where places are few: that of its namespaces, whatever name it has there. */
export function shareOf({ account, holders }: Asker): string {
  const namespaces = holders.flatMap(({ namespace }) => namespace ?? [])
  return namespaces.length === 0 ? `@${account}` : [...new Set(namespaces)].sort().join(' ')
}

/** An asker by one of its holders, or nobody. */
export interface Voice {
  readonly account: string
  readonly anonymous: boolean
  /** `undefined`: it is of none, as nobody is. */
  readonly namespace: string | undefined
  /** `undefined`: it is none. */
  readonly serviceaccount?: string | undefined
  readonly labels: Labels | undefined
  readonly service: string
  readonly address: Address | undefined
  readonly now?: number | undefined
  readonly tags?: Tags
}

export function voiceOf(
  { account, service, now, tags, nobody }: Asker,
  holder: Holder | undefined,
  address: Address | undefined,
): Voice {
  const anonymous = holder === undefined
  const { namespace, serviceaccount, labels } = holder ?? { labels: nobody }
  return { account, anonymous, namespace, serviceaccount, labels, service, address, now, tags }
}
