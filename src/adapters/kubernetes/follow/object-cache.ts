import { isMapping, type Mapping } from '../../../mapping.ts'
import type { Target } from './reflector.ts'
import { isOlder } from './resource-version.ts'

/** Which object it is, and which state of it; empty what it does not say. */
export interface ObjectIdentity {
  readonly namespace: string
  readonly name: string
  /** Another for an object that was made again with the same name. */
  readonly uid: string
  /** Its resourceVersion. */
  readonly version: string
}

/** What became of an object, and whether a list or an event told. */
export interface ObjectChange<State> {
  /** As it is; as it was at last, of one that is gone. */
  readonly state: State
  readonly gone: boolean
  readonly by: 'list' | 'event'
}

export interface ObjectCacheOptions<State extends ObjectIdentity> {
  /** What is kept of an object. `whole`: else it is too long, and there is no more than the beginning of its metadata. */
  readonly read: (object: Mapping, identity: ObjectIdentity, whole: boolean) => State
  /** Whether it is there, as far as anybody is concerned: one that is being deleted may be not. */
  readonly isThere: (state: State) => boolean
  /** What there is one of; empty: it is told and not kept. */
  readonly keyOf: (identity: ObjectIdentity) => string
  readonly onChange: (change: ObjectChange<State>) => void
  /** The most objects: further ones are left out and not told. */
  readonly most?: number
}

/** Objects as lists and watches tell of them, whatever the order in which these come. */
export interface ObjectCache<State> {
  readonly states: ReadonlyMap<string, State>
  /** How many are left out. */
  leftOut(): number
  /** For the reflector of one namespace, or of all. */
  readonly target: (namespace: string | undefined) => Target<State>
}

export function createObjectCache<State extends ObjectIdentity>(
  options: ObjectCacheOptions<State>,
): ObjectCache<State> {
  const { isThere, keyOf, onChange, most = Infinity } = options
  const states = new Map<string, State>()
  /** The last of objects that went and that a list may still have, by key. */
  const gone = new Map<string, Pick<ObjectIdentity, 'namespace' | 'version'>>()
  const leftOut = new Set<string>()

  function put(state: State, by: ObjectChange<State>['by']): void {
    const key = keyOf(state)
    if (key === '') {
      onChange({ state, gone: false, by })
      return
    }
    if (!isThere(state)) {
      went(state)
      drop(state, by)
      return
    }
    const before = states.get(key)
    if (before?.version === state.version && before.uid === state.uid) return
    if (before === undefined && states.size >= most) {
      leftOut.add(key)
      return
    }
    gone.delete(key)
    leftOut.delete(key)
    states.set(key, state)
    onChange({ state, gone: false, by })
  }

  function went(state: State): void {
    const { namespace, version } = state
    gone.set(keyOf(state), { namespace, version })
  }

  function drop(state: State, by: ObjectChange<State>['by']): void {
    const key = keyOf(state)
    leftOut.delete(key)
    if (states.delete(key)) onChange({ state, gone: true, by })
  }

  /** As of when it is what is known. */
  const versionOf = (key: string) => (states.get(key) ?? gone.get(key))?.version

  /** Whether what is known of the object is newer. */
  function isLate(state: State): boolean {
    const known = versionOf(keyOf(state))
    return known !== undefined && isOlder(state.version, known)
  }

  /** The same object as before is not read again. */
  function read(object: Mapping, whole: boolean): State {
    const identity = identityOf(object)
    const { uid, version } = identity
    const before = states.get(keyOf(identity))
    if (before !== undefined && version !== '' && before.version === version && before.uid === uid)
      return before
    return options.read(object, identity, whole)
  }

  return {
    states,
    leftOut: () => leftOut.size,
    target: (scope) => ({
      read: (object) => read(object, true),
      readTooLong: (object) => read(object, false),
      apply(state, isGone) {
        if (isLate(state)) return
        if (!isGone) {
          put(state, 'event')
          return
        }
        went(state)
        drop(state, 'event')
      },
      replace(listed, version, whole) {
        const there = new Set(listed.map(keyOf))
        const isOf = (namespace: string) => scope === undefined || scope === namespace
        for (const key of leftOut) if (!there.has(key)) leftOut.delete(key)
        for (const state of [...states.values()]) {
          if (there.has(keyOf(state)) || !isOf(state.namespace)) continue
          if (whole || !isOlder(version, state.version)) drop(state, 'list')
        }
        for (const [key, last] of gone) {
          // At an older state of the API server what went after it has not gone, and may come with an older version.
          if ((whole && isOf(last.namespace)) || !isOlder(version, last.version)) gone.delete(key)
        }
        for (const state of listed) {
          // By the version of the list, not by the object's own: an older object may have come back.
          const known = versionOf(keyOf(state)) ?? version
          if (whole || !isOlder(version, known)) put(state, 'list')
        }
      },
    }),
  }
}

function identityOf(object: Mapping): ObjectIdentity {
  const metadata = isMapping(object['metadata']) ? object['metadata'] : {}
  const text = (key: string) => (typeof metadata[key] === 'string' ? metadata[key] : '')
  const [namespace, name] = [text('namespace'), text('name')]
  return { namespace, name, uid: text('uid'), version: text('resourceVersion') }
}
