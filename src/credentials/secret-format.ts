import type { KeyObject } from 'node:crypto'
import { MAX_USER_PASS } from './basic-auth.ts'
import type { Credential } from './credential.ts'
import { credentialGeneration } from './generation.ts'
import type { PasswordHasher } from './password.ts'
import { decodeBase64, decodeUtf8, hasControl } from './strict-text.ts'

/** Largest sum of the values of one Secret, bytes: no namespace can make rauth work for it. */
const MAX_SECRET = 32 * 1024

/** RFC 1123 label: what a namespace can be called. */
const DNS_LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

export interface SecretOptions {
  /** Name of the credential Secret in every namespace. */
  readonly secretName: string
  readonly hasher: PasswordHasher
  /** Key of generations: see generation.ts. */
  readonly bindingKey: KeyObject
}

/** What a manifest is to rauth; a null in it is the same as nothing. No text in it quotes a value of the Secret. */
export type SecretReading =
  | {
      readonly kind: 'credential'
      readonly credential: Credential
      /** For the operator: the credential works, but hardly as meant. */
      readonly warnings: readonly string[]
    }
  /** Some other object, or a Secret that is being deleted. */
  | { readonly kind: 'ignored' }
  | {
      readonly kind: 'problem'
      /** Whose credential can't be used, where the manifest tells. */
      readonly namespace?: string
      /** What is wrong and what to do about it. */
      readonly problem: string
    }

type Value =
  { readonly ok: true; readonly text: string } | { readonly ok: false; readonly problem: string }

/**
 * A Kubernetes manifest → the credential in it. The namespace is the one that the Secret lives in,
 * never one that is written in its data. `data` is base64, `stringData` plain text that overrides
 * it, as for the API server; the type of the Secret does not matter.
 */
export function readSecret(manifest: unknown, options: SecretOptions): SecretReading {
  if (!isMapping(manifest)) return problem('not a Kubernetes manifest: expected a mapping')
  const { apiVersion, kind } = manifest
  if (typeof apiVersion !== 'string' || typeof kind !== 'string') {
    return problem('not a Kubernetes manifest: apiVersion and kind are needed')
  }
  if (apiVersion !== 'v1' || kind !== 'Secret') return { kind: 'ignored' }

  const metadata = isMapping(manifest['metadata']) ? manifest['metadata'] : {}
  const name = metadata['name'] ?? undefined
  const namespace = metadata['namespace']
  if (typeof name === 'string' && name !== options.secretName) return { kind: 'ignored' }
  if ((metadata['deletionTimestamp'] ?? undefined) !== undefined) return { kind: 'ignored' }
  if (typeof namespace !== 'string' || !DNS_LABEL.test(namespace)) {
    return problem('metadata.namespace must be the namespace (a DNS label) that this Secret is for')
  }
  if (name === undefined) return problem('the Secret has no metadata.name', namespace)
  if (name !== options.secretName) return problem('metadata.name must be a string', namespace)
  return readCredential(manifest, namespace, options)
}

function readCredential(
  manifest: Mapping,
  namespace: string,
  { secretName, hasher, bindingKey }: SecretOptions,
): SecretReading {
  const data = manifest['data'] ?? {}
  const stringData = manifest['stringData'] ?? {}
  if (!isMapping(data) || !isMapping(stringData)) {
    return problem('data and stringData must be mappings', namespace)
  }
  const values = { data, stringData }
  if (sizeOf(values) > MAX_SECRET) {
    return problem(`the Secret is larger than ${MAX_SECRET} bytes: remove other keys`, namespace)
  }
  const username = readValue(values, 'username')
  if (!username.ok) return problem(username.problem, namespace)
  const password = readValue(values, 'password')
  if (!password.ok) return problem(password.problem, namespace)
  if (username.text.includes(':')) {
    return problem('username holds a colon, which Basic authentication cannot send', namespace)
  }
  if (Buffer.byteLength(`${username.text}:${password.text}`, 'utf8') > MAX_USER_PASS) {
    return problem(
      `username and password are longer than the ${MAX_USER_PASS} bytes that a client can send`,
      namespace,
    )
  }

  const id = `${namespace}/${secretName}`
  const parts = { id, username: username.text, password: password.text }
  return {
    kind: 'credential',
    credential: {
      id,
      generation: credentialGeneration(bindingKey, parts),
      namespace,
      username: username.text,
      passwordHash: hasher.hash(password.text),
    },
    warnings: (['username', 'password'] as const)
      .filter((key) => parts[key].endsWith('\n'))
      .map(
        (key) =>
          `${key} of Secret ${id} ends in a newline, which counts and which no client can send: ` +
          'write it without (printf, not echo)',
      ),
  }
}

interface Values {
  readonly data: Mapping
  readonly stringData: Mapping
}

function readValue({ data, stringData }: Values, key: 'username' | 'password'): Value {
  const bad = (what: string): Value => ({ ok: false, problem: `${key} ${what}` })
  const plain = stringData[key] ?? undefined
  const source = plain ?? data[key] ?? undefined
  if (source === undefined) return bad('is missing: add it to the Secret')
  if (typeof source !== 'string') return bad('must be a string: put it in quotes')
  const bytes = plain === undefined ? decodeBase64(source) : Buffer.from(source, 'utf8')
  if (bytes === undefined) {
    return bad('is not base64 on one line: encode it, or move it to stringData')
  }
  const text = decodeUtf8(bytes)
  if (text === undefined || (plain !== undefined && text !== source)) {
    return bad('is not UTF-8 text: choose another')
  }
  if (text === '') return bad('is empty: set it')
  // A newline at the end is a slip of `echo`, worth a warning that says so.
  if (hasControl(text.replace(/\r?\n$/, ''))) {
    return bad('holds a control character, which Basic authentication cannot send: choose another')
  }
  return { ok: true, text }
}

function sizeOf({ data, stringData }: Values): number {
  let bytes = 0
  for (const [values, encoding] of [
    [data, 'base64'],
    [stringData, 'utf8'],
  ] as const) {
    for (const value of Object.values(values)) {
      if (typeof value === 'string') bytes += Buffer.byteLength(value, encoding)
    }
  }
  return bytes
}

type Mapping = Readonly<Record<string, unknown>>

function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function problem(text: string, namespace?: string): SecretReading {
  return { kind: 'problem', problem: text, ...(namespace !== undefined && { namespace }) }
}
