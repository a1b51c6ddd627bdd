import type { KeyObject } from 'node:crypto'
import { readBindingKey, readBindingKeyFile } from '../adapters/file/keys/binding-key.ts'
import { createKeyPairStore } from '../adapters/file/keys/key-pair-store.ts'
import { KEY_PAIRS } from '../adapters/file/keys/key-pair.ts'
import {
  createFileSigningKeyStore,
  createFileVerificationKeyStore,
  type FileKeyStore,
  type FileSigningKeyStore,
} from '../adapters/file/keys/key-store.ts'
import { PUBLIC_KEYS } from '../adapters/file/keys/public-key.ts'
import type { Metrics } from '../adapters/ops/metrics.ts'
import type { Clock } from '../clock.ts'
import { lifetimesOf } from '../config/lifetimes.ts'
import type { Config } from '../config/schema.ts'
import { RauthError } from '../errors.ts'
import type { Log } from '../log.ts'
import type { Algorithm } from '../token/algorithms.ts'

export interface OpenKeys {
  readonly keys: FileKeyStore
  /** The same where they can sign; nothing where there are public ones only. */
  readonly signingKeys: FileSigningKeyStore | undefined
  /** What replicas share beside them. */
  readonly bindingKey: KeyObject
}

export interface OpenKeysOptions {
  readonly config: Config
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Pick<Metrics, 'observeKeys' | 'observeReload' | 'keyReloadFailed'>
  /** Whether tokens come back here that are bound by the binding key, as to a gateway. */
  readonly takesBound: boolean
  /** Seconds that a token lives at most, of those that are signed now. */
  readonly longestLife: () => number
}

/** Seconds that a token lives at most, whatever it is for. */
export function longestLifeOf(config: Pick<Config, 'token'>): number {
  const { leeway, refresh } = config.token
  const { expiry, pushExpiry } = lifetimesOf(config)
  return Math.max(expiry, pushExpiry, refresh.enabled ? refresh.expiry : 0) + leeway
}

/** The keys as they are configured: a folder, or one certificate with its key. */
export async function openKeys(options: OpenKeysOptions): Promise<OpenKeys> {
  const { config, clock, metrics } = options
  const opened = await openStore(options)
  metrics.observeKeys(() => opened.keys.ends())
  metrics.observeReload('keys', () => opened.keys.problem())
  const { signingKeys } = opened
  if (signingKeys !== undefined) requireAlgorithm(signingKeys.active(clock()).algorithm, config)
  return opened
}

async function openStore({
  config,
  clock,
  log,
  metrics,
  takesBound,
  longestLife,
}: OpenKeysOptions): Promise<OpenKeys> {
  const { directory, certificate, key, verifyOnly } = config.keys
  const onFailure = () => {
    metrics.keyReloadFailed()
  }
  if (certificate !== undefined && key !== undefined) {
    const { x5c } = config.token
    const file = config.keys.bindingKey
    const pair = await createKeyPairStore({
      ...{ certificate, key, x5c, clock, log, onFailure },
      keptFor: longestLife,
      bindingKey: file === undefined ? undefined : await readBindingKeyFile(file),
      staysBound: takesBound,
    })
    return { keys: pair, signingKeys: pair, bindingKey: pair.bindingKey }
  }
  const { algorithm } = config.token
  const folder = { ...config.keys, ...{ clock, log, algorithm, onFailure } }
  if (verifyOnly) {
    const keys = await createFileVerificationKeyStore(folder)
    const bindingKey = await readBindingKey(directory, PUBLIC_KEYS)
    return { keys, signingKeys: undefined, bindingKey }
  }
  const keys = await createFileSigningKeyStore(folder)
  return { keys, signingKeys: keys, bindingKey: await readBindingKey(directory, KEY_PAIRS) }
}

/** Without a key for it, tokens would be signed with another algorithm than was asked for. */
function requireAlgorithm(found: Algorithm, { token, keys }: Config): void {
  if (token.algorithm === undefined || token.algorithm === found) return
  const next =
    keys.certificate === undefined
      ? `${keys.directory} has a key for ${found} only; ` +
        `next: rauth keys rotate -a ${token.algorithm} -d ${keys.directory}`
      : `${keys.certificate} is of a key for ${found}; next: leave token.algorithm out`
  throw new RauthError('ERR_KEYS_UNREADABLE', `token.algorithm is ${token.algorithm}, and ${next}`)
}
