import { isOwned } from '../../control/marks.ts'
import type { Observed, ObservedAccount, ObservedSecret } from '../../control/observed.ts'
import type { Mapping } from '../../mapping.ts'
import { NAMESPACES, secretsNamed, type Collection } from './follow/collection.ts'
import { createFollower, type Follower, type FollowerOptions } from './follow/follower.ts'
import type { Reflector } from './follow/reflector.ts'
import { accountIn, isDeleting, secretIn } from './managed/objects.ts'

/** Which namespaces rauth makes Secrets for. */
export interface NamespaceChoice {
  /** As kubectl's `-l` has it; undefined: all. */
  readonly labelSelector: string | undefined
  readonly except: readonly string[]
  /** These in place of a selector, each followed by itself. */
  readonly only: readonly string[]
}

export interface OverviewOptions extends Omit<
  FollowerOptions<unknown>,
  'collection' | 'parse' | 'onChange' | 'onTrouble' | 'most' | 'onList'
> {
  readonly choice: NamespaceChoice
  readonly secretName: string
  readonly pullSecretName: string
  readonly serviceAccounts: readonly string[]
  /** Something that concerns a namespace is another than before. */
  readonly onChange: (namespace: string) => void
  /** Told of each failure of what is followed, and each time that it is over. */
  readonly onTrouble: (what: string, problem: string | undefined) => void
}

/** What of all namespaces concerns rauth, as the API server tells it; in memory. */
export interface Overview {
  /** Whether everything was read once. */
  synced(): boolean
  problem(): string | undefined
  /** Seconds since all was known to be up to date. */
  age(): number
  /** The chosen namespaces, and those that have a Secret of rauth's though they are none of these. */
  names(): ReadonlySet<string>
  isChosen(namespace: string): boolean
  observed(namespace: string): Observed
  close(): void
}

const SERVICE_ACCOUNTS = { apiVersion: 'v1', kind: 'ServiceAccount', resource: 'serviceaccounts' }

type Followers<T> = readonly Follower<T>[]

/** Follows the namespaces, the two Secrets of each and the ServiceAccounts. Does not wait for them. */
export function createOverview(options: OverviewOptions): Overview {
  const { choice, secretName, pullSecretName, serviceAccounts, timer, onChange } = options
  const scopes = choice.only.length === 0 ? [undefined] : [...new Set(choice.only)]

  function follow<T>(
    what: string,
    collection: Collection,
    parse: (object: Mapping) => T | undefined,
    nameOf: (object: { readonly namespace: string; readonly name: string }) => string,
  ): Follower<T> {
    return createFollower<T>({
      ...options,
      ...{ collection, parse },
      onChange({ object }) {
        onChange(nameOf(object))
      },
      onTrouble(problem) {
        options.onTrouble(what, problem)
      },
    })
  }
  const followInNamespaces = <T>(
    what: string,
    collection: (namespace: string | undefined) => Collection,
    parse: (object: Mapping) => T,
  ): Followers<T> =>
    scopes.map((scope) => {
      const where = scope === undefined ? what : `${what} of ${scope}`
      return follow(where, collection(scope), parse, ({ namespace }) => namespace)
    })

  const namespaces =
    choice.only.length > 0
      ? undefined
      : follow<true>(
          'namespaces',
          { ...NAMESPACES, labelSelector: choice.labelSelector },
          // In one that is going nothing can be made any more.
          (object) => (isDeleting(object) ? undefined : true),
          ({ name }) => name,
        )
  const followSecrets = (name: string): Followers<ObservedSecret> =>
    followInNamespaces(name, (namespace) => secretsNamed(name, { namespace }), secretIn)
  const credentials = followSecrets(secretName)
  const pulls = followSecrets(pullSecretName)
  const accounts = new Map<string, Followers<ObservedAccount>>(
    serviceAccounts.map((name) => [
      name,
      followInNamespaces(
        `ServiceAccounts ${name}`,
        (namespace) => ({
          ...{ ...SERVICE_ACCOUNTS, namespace },
          fieldSelector: `metadata.name=${name}`,
        }),
        accountIn,
      ),
    ]),
  )
  const all: readonly Reflector[] = [
    ...(namespaces === undefined ? [] : [namespaces]),
    ...[...credentials, ...pulls, ...[...accounts.values()].flat()],
  ]

  const isChosen = (namespace: string) =>
    !choice.except.includes(namespace) &&
    (namespaces === undefined ? choice.only.includes(namespace) : namespaces.objects.has(namespace))

  return {
    synced: () => all.every((one) => one.synced()),
    problem: () => all.map((one) => one.problem()).find((problem) => problem !== undefined),
    age: () => Math.max(...all.map((one) => (timer() - one.inStepAt()) / 1000)),
    names() {
      const chosen = namespaces === undefined ? choice.only : [...namespaces.objects.keys()]
      const owned = [...credentials, ...pulls].flatMap(({ objects }) =>
        [...objects.values()].filter(({ value }) => isOwned(value)).map((one) => one.namespace),
      )
      return new Set([...chosen.filter(isChosen), ...owned])
    },
    isChosen,
    observed: (namespace) => ({
      ...{ namespace, managed: isChosen(namespace) },
      credentials: found(credentials, namespace, secretName),
      pull: found(pulls, namespace, pullSecretName),
      accounts: Object.fromEntries(
        [...accounts].map(([name, followers]) => [name, found(followers, namespace, name)]),
      ),
    }),
    close() {
      for (const one of all) one.close()
    },
  }
}

function found<T>(followers: Followers<T>, namespace: string, name: string): T | undefined {
  for (const { objects } of followers) {
    const object = objects.get(`${namespace}/${name}`)
    if (object !== undefined) return object.value
  }
  return undefined
}
