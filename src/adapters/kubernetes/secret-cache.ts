import { createChangingIndex } from '../../credentials/changing-index.ts'
import type { CredentialIndex } from '../../credentials/credential-index.ts'
import {
  readSecret,
  type SecretOptions,
  type SecretReading,
} from '../../credentials/secret/secret-format.ts'
import { isMapping, type Mapping } from '../../mapping.ts'
import type { Target } from './reflector.ts'
import { isOlder } from './resource-version.ts'
import { MAX_TEXT } from './too-long.ts'

/** What is kept of a Secret's object: no text of it. */
export interface SecretState {
  /** Empty where an object does not even say that. */
  readonly namespace: string
  readonly uid: string
  readonly version: string
  readonly reading: SecretReading
}

/** What became of the Secret of a namespace, and whether a list or an event told. */
export interface SecretChange {
  readonly state: SecretState
  readonly gone: boolean
  readonly by: 'list' | 'event'
}

/** How many namespaces have a Secret, by whether it can be used. */
export interface SecretCounts {
  readonly usable: number
  readonly unusable: number
}

export interface SecretCache {
  readonly index: CredentialIndex
  counts(): SecretCounts
  /** For the reflector of one namespace, or of all. */
  target(scope: string | undefined): Target<SecretState>
}

export interface SecretCacheOptions extends SecretOptions {
  readonly onChange: (change: SecretChange) => void
}

/**
 * The Secrets of all namespaces, each turned into credentials as soon as it is there. One that is of no
 * use disables its namespace and no other.
 */
export function createSecretCache(options: SecretCacheOptions): SecretCache {
  const index = createChangingIndex()
  const states = new Map<string, SecretState>()
  /** When Secrets went that a list may still have, by namespace: versions. */
  const gone = new Map<string, string>()

  function put(state: SecretState, by: SecretChange['by']): void {
    const { namespace, reading } = state
    if (namespace === '') {
      options.onChange({ state, gone: false, by })
      return
    }
    // A Secret that is being deleted has no credentials any more.
    if (reading.kind === 'ignored') {
      gone.set(namespace, state.version)
      drop(state, by)
      return
    }
    const before = states.get(namespace)
    if (before?.version === state.version && before.uid === state.uid) return
    gone.delete(namespace)
    states.set(namespace, state)
    index.put(idOf(namespace), reading.kind === 'credentials' ? reading.credentials : [])
    options.onChange({ state, gone: false, by })
  }

  function drop(state: SecretState, by: SecretChange['by']): void {
    if (!states.delete(state.namespace)) return
    index.put(idOf(state.namespace), [])
    options.onChange({ state, gone: true, by })
  }

  /** Whether what is known of the namespace is newer. */
  function isLate({ namespace, version }: SecretState): boolean {
    const known = states.get(namespace)?.version ?? gone.get(namespace)
    return known !== undefined && isOlder(version, known)
  }

  const idOf = (namespace: string) => `${namespace}/${options.secretName}`
  return {
    index,
    counts() {
      let unusable = 0
      for (const { reading } of states.values()) if (reading.kind === 'problem') unusable += 1
      return { usable: states.size - unusable, unusable }
    },
    target: (scope) => ({
      read: (object) => readState(object, states, () => readSecret(object, options)),
      readTooLong: (object) => readState(object, states, () => readTooLong(object, options)),
      apply(state, isGone) {
        if (isLate(state)) return
        if (!isGone) {
          put(state, 'event')
          return
        }
        gone.set(state.namespace, state.version)
        drop(state, 'event')
      },
      replace(listed, version, whole) {
        const there = new Set(listed.map(({ namespace }) => namespace))
        for (const state of [...states.values()]) {
          const { namespace } = state
          if (there.has(namespace) || (scope !== undefined && scope !== namespace)) continue
          if (whole || !isOlder(version, state.version)) drop(state, 'list')
        }
        for (const state of listed) {
          const { namespace } = state
          const wentAfter = isOlder(version, gone.get(namespace) ?? version)
          if (whole || (!wentAfter && !isLate(state))) put(state, 'list')
        }
        for (const [namespace, at] of gone) if (!isOlder(version, at)) gone.delete(namespace)
      },
    }),
  }
}

/** The same object as before is not read again. */
function readState(
  object: Mapping,
  known: ReadonlyMap<string, SecretState>,
  read: () => SecretReading,
): SecretState {
  const metadata = isMapping(object['metadata']) ? object['metadata'] : {}
  const text = (key: string) => (typeof metadata[key] === 'string' ? metadata[key] : '')
  const [namespace, uid, version] = [text('namespace'), text('uid'), text('resourceVersion')]
  const before = known.get(namespace)
  if (before !== undefined && version !== '' && before.version === version && before.uid === uid) {
    return before
  }
  return { namespace, uid, version, reading: read() }
}

/** By its metadata: all there is of it. */
function readTooLong(object: Mapping, options: SecretOptions): SecretReading {
  const reading = readSecret(object, options)
  if (reading.kind === 'ignored') return reading
  const problem = `the Secret is longer than ${MAX_TEXT} bytes in JSON: make it again with the credentials alone`
  return { kind: 'problem', problem }
}
