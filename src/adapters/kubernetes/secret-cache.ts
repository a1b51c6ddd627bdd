import { createChangingIndex, type ChangingIndex } from '../../credentials/changing-index.ts'
import { unusableSecret } from '../../credentials/credential.ts'
import type { ListedNamespace } from '../../credentials/listed-namespace.ts'
import {
  readSecret,
  type SecretOptions,
  type SecretReading,
} from '../../credentials/secret/secret-format.ts'
import { countSecrets, type SecretCounts } from '../../credentials/standing.ts'
import type { Mapping } from '../../mapping.ts'
import {
  createObjectCache,
  type ObjectCache,
  type ObjectChange,
  type ObjectIdentity,
} from './follow/object-cache.ts'
import { MAX_TEXT } from './text-limit.ts'

/** What is kept of a Secret's object: no text of it. The namespace is empty where an object does not even say that. */
export interface SecretState extends ObjectIdentity {
  readonly reading: SecretReading
}

/** What became of the Secret of a namespace. */
export type SecretChange = ObjectChange<SecretState>

export interface SecretCache extends Pick<ObjectCache<SecretState>, 'target'> {
  readonly index: Omit<ChangingIndex, 'put'>
  /** How its Secrets stand at a time, seconds since the epoch. */
  counts(now: number): SecretCounts
  /** As stores say it of a namespace: see CredentialLookup. */
  unusable(namespace: string): string | undefined
  /** Each namespace that has one, with what it is good for. */
  listed(): Iterable<ListedNamespace>
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
  const cache = createObjectCache<SecretState>({
    read: (object, identity, whole) => ({
      ...identity,
      reading: whole ? readSecret(object, options) : readTooLong(object, options),
    }),
    // A Secret that is being deleted has no credentials any more.
    isThere: ({ reading }) => reading.kind !== 'ignored',
    // All have the one name.
    keyOf: ({ namespace }) => namespace,
    onChange(change) {
      const { namespace, reading } = change.state
      const isUsable = !change.gone && reading.kind === 'credentials'
      if (namespace !== '') {
        index.put(`${namespace}/${options.secretName}`, isUsable ? reading.credentials : [])
      }
      options.onChange(change)
    },
  })
  function* listed(): Generator<ListedNamespace> {
    for (const { namespace, reading } of cache.states.values()) {
      if (reading.kind === 'credentials') yield reading
      if (reading.kind === 'problem') {
        yield { namespace, credentials: [], problem: reading.problem }
      }
    }
  }

  return {
    ...{ index, target: cache.target, listed },
    counts: (now) => countSecrets(listed(), now),
    unusable(namespace) {
      const reading = cache.states.get(namespace)?.reading
      if (reading?.kind !== 'problem') return undefined
      return unusableSecret(`${namespace}/${options.secretName}`, reading.problem)
    },
  }
}

/** By its metadata: all there is of it. */
function readTooLong(object: Mapping, options: SecretOptions): SecretReading {
  const reading = readSecret(object, options)
  if (reading.kind === 'ignored') return reading
  const problem = `the Secret is longer than ${MAX_TEXT} bytes in JSON: make it again with the credentials alone`
  return { kind: 'problem', problem }
}
