import { isMapping } from '../../mapping.ts'
import { NAMESPACE_NAME } from '../../namespace-name.ts'
import { isSlip } from '../../nearest.ts'
import { isItThis, nearMiss } from './near-miss.ts'
import { passwordSince } from './password-since.ts'
import {
  readCredentials,
  type CredentialOptions,
  type SecretCredentials,
} from './secret-credentials.ts'

export interface SecretOptions extends CredentialOptions {
  /** Name of the credential Secret in every namespace. */
  readonly secretName: string
}

/** What a manifest is to rauth; a null in it is the same as nothing. No text in it quotes a value of the Secret. */
export type SecretReading =
  | (SecretCredentials & {
      readonly kind: 'credentials'
      readonly namespace: string
      /** Since when the password is what it is, seconds since the epoch; without: that is not told. */
      readonly since?: number
    })
  /** Some other object, or a Secret that is being deleted; `slip`: its name, if it may be meant for ours. */
  | { readonly kind: 'ignored'; readonly slip?: string }
  | {
      readonly kind: 'problem'
      /** Whose credentials can't be used, where the manifest tells. */
      readonly namespace?: string
      /** What is wrong and what to do about it. */
      readonly problem: string
    }

/**
 * A Kubernetes manifest → the credentials in it. The namespace is the one that the Secret lives in,
 * never one that is written in its data. `data` is base64, `stringData` plain text that overrides
 * it, as for the API server; the type of the Secret does not matter.
 */
export function readSecret(manifest: unknown, options: SecretOptions): SecretReading {
  if (!isMapping(manifest)) return problem('not a Kubernetes manifest: expected a mapping')
  const { apiVersion, kind } = manifest
  if (typeof apiVersion !== 'string' || typeof kind !== 'string') {
    const keys = Object.keys(manifest)
    const missing = typeof apiVersion !== 'string' ? 'apiVersion' : 'kind'
    const meant = isItThis(keys, missing)
    return problem(`not a Kubernetes manifest: apiVersion and kind are needed${meant}`)
  }
  if (apiVersion !== 'v1' || kind !== 'Secret') {
    const isMeant = kind === 'Secret' || nearMiss([kind], 'Secret') !== undefined
    return isMeant && /^v?1$/i.test(apiVersion)
      ? problem('apiVersion must be v1 and kind Secret, spelled like this: correct them')
      : { kind: 'ignored' }
  }

  const metadata = isMapping(manifest['metadata']) ? manifest['metadata'] : {}
  const name = metadata['name'] ?? undefined
  const namespace = metadata['namespace']
  if (typeof name === 'string' && name !== options.secretName) {
    return { kind: 'ignored', ...(isSlip(name, options.secretName) ? { slip: name } : {}) }
  }
  if ((metadata['deletionTimestamp'] ?? undefined) !== undefined) return { kind: 'ignored' }
  if (typeof namespace !== 'string' || !NAMESPACE_NAME.test(namespace)) {
    const meant =
      metadata['namespace'] == null
        ? isItThis(Object.keys(manifest), 'metadata') ||
          isItThis(Object.keys(metadata), 'namespace')
        : ''
    return problem(
      `metadata.namespace must be the namespace (a DNS label) that this Secret is for${meant}`,
    )
  }
  if (name === undefined) {
    const meant = isItThis(Object.keys(metadata), 'name')
    return problem(`the Secret has no metadata.name${meant}`, namespace)
  }
  if (name !== options.secretName) return problem('metadata.name must be a string', namespace)
  const read = readCredentials(manifest, { id: `${namespace}/${name}`, namespace }, options)
  if (!read.ok) return problem(read.problem, namespace)
  const since = passwordSince(metadata)
  return { kind: 'credentials', namespace, ...read.value, ...(since !== undefined && { since }) }
}

function problem(text: string, namespace?: string): SecretReading {
  return { kind: 'problem', problem: text, ...(namespace !== undefined && { namespace }) }
}
