import type { Mapping } from '../../../mapping.ts'
import { createObjectCache, type ObjectIdentity } from './object-cache.ts'
import { startReflector, type Reflector, type ReflectorOptions } from './reflector.ts'

/** An object that is followed, and what was made of it. */
export interface Followed<T> extends ObjectIdentity {
  readonly value: T
}

/** What became of an object. */
export interface FollowedChange<T> {
  /** `NAMESPACE/NAME`, or `NAME` of what is in no namespace. */
  readonly key: string
  /** As it is; as it was at last, of one that is gone. */
  readonly object: Followed<T>
  readonly gone: boolean
  /** A list tells of thousands at once. */
  readonly by: 'list' | 'event'
}

export interface FollowerOptions<T> extends Omit<
  ReflectorOptions<unknown>,
  'target' | 'onWatchEnd' | 'onList'
> {
  /**
   * Takes of an object what is wanted, and no more: that is all that is kept. Undefined: it is as if it were not
   * there. `whole`: else it is longer than MAX_TEXT, and all that there is of it is name, namespace, uid,
   * resourceVersion. Must not throw.
   */
  readonly parse: (object: Mapping, whole: boolean) => T | undefined
  /**
   * Told once the map has it. The same state of an object is told once; one that is made again with its name may
   * be told without its predecessor's end, but has another `uid`. The first list is told before `synced`. Must not throw.
   */
  readonly onChange: (change: FollowedChange<T>) => void
  /** The most objects; further ones are left out, which is a `problem`. 100,000 without. */
  readonly most?: number
  readonly onWatchEnd?: ReflectorOptions<unknown>['onWatchEnd']
  readonly onList?: ReflectorOptions<unknown>['onList']
}

/** A copy of a collection, by key, that is kept in step with the API server until it is closed; it stays as it is then. */
export interface Follower<T> extends Reflector {
  readonly objects: ReadonlyMap<string, Followed<T>>
}

const MOST = 100_000

/** Follows a collection through whatever happens to the API server. Does not wait for it. */
export function createFollower<T>(options: FollowerOptions<T>): Follower<T> {
  const { collection, most = MOST } = options
  const cache = createObjectCache<Followed<T | undefined>>({
    most,
    read: (object, identity, whole) => ({ ...identity, value: options.parse(object, whole) }),
    isThere: ({ value }) => value !== undefined,
    keyOf,
    onChange({ state, gone, by }) {
      options.onChange({ key: keyOf(state), object: state as Followed<T>, gone, by })
    },
  })
  const reflector = startReflector({
    ...{ onWatchEnd: nothing, onList: nothing },
    ...options,
    target: cache.target(collection.namespace),
  })
  return {
    ...reflector,
    objects: cache.states as ReadonlyMap<string, Followed<T>>,
    problem() {
      const leftOut = cache.leftOut()
      const tooMany = `there are more than ${most} ${collection.resource}: ${leftOut} are left out`
      return reflector.problem() ?? (leftOut > 0 ? tooMany : undefined)
    },
  }
}

function keyOf({ namespace, name }: ObjectIdentity): string {
  return namespace === '' ? name : `${namespace}/${name}`
}

function nothing(): void {
  // Nobody asked.
}
