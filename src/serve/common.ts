import { randomBytes, randomUUID, type KeyObject } from 'node:crypto'
import { readBindingKey } from '../adapters/file/keys/binding-key.ts'
import {
  createFileSigningKeyStore,
  createFileVerificationKeyStore,
  type FileKeyStore,
  type FileSigningKeyStore,
} from '../adapters/file/keys/key-store.ts'
import { KEY_PAIRS } from '../adapters/file/keys/key-pair.ts'
import { PUBLIC_KEYS } from '../adapters/file/keys/public-key.ts'
import { createLogger, logDecision } from '../adapters/ops/logger.ts'
import { createMetrics, type Metrics } from '../adapters/ops/metrics.ts'
import type { Clock } from '../clock.ts'
import type { Config } from '../config/schema.ts'
import { createPasswordHasher, type PasswordHasher } from '../credentials/password.ts'
import type { DecideDependencies } from '../decision.ts'
import { messageOf, RauthError } from '../errors.ts'
import type { Log } from '../log.ts'
import type { Policy } from '../policy/policy.ts'
import type { Algorithm } from '../token/algorithms.ts'
import type { Verifier } from '../token/verifier.ts'
import { openCredentials, type OpenCredentials } from './credentials.ts'
import { openPolicy, type OpenPolicy } from './policy.ts'
import { createTlsOfListeners, type TlsOfListeners } from './tls-of-listeners.ts'
import { verifierOf } from './verifier.ts'

/** What both halves are made of: one credential lookup, one policy, one set of keys. */
export interface Common extends DecideDependencies {
  readonly config: Config
  readonly log: Log
  readonly metrics: Metrics
  readonly keys: FileKeyStore
  /** The same keys where they can sign; nothing where there are public ones only. */
  readonly signingKeys: FileSigningKeyStore | undefined
  /** What replicas share, beside the keys. */
  readonly bindingKey: KeyObject
  /** Of the tokens of all services: whoever asks says for which one it is. */
  readonly verifier: Verifier
  readonly tls: TlsOfListeners
  readonly store: OpenCredentials
  readonly hasher: PasswordHasher
  readonly clock: Clock
  readonly policy: () => Policy
  /** Where that comes from. */
  readonly policySource: OpenPolicy
}

/** Reads the keys and the credentials. Throws what keeps rauth from serving. */
export async function createCommon(config: Config): Promise<Common> {
  const log = createLogger(config.logLevel)
  const metrics = createMetrics()
  const clock: Clock = () => Date.now() / 1000
  const keysOptions = {
    ...{ ...config.keys, clock, log, algorithm: config.token.algorithm },
    onFailure: () => {
      metrics.keyReloadFailed()
    },
  }
  const signingKeys = config.keys.verifyOnly
    ? undefined
    : await createFileSigningKeyStore(keysOptions)
  const keys = signingKeys ?? (await createFileVerificationKeyStore(keysOptions))
  metrics.observeKeys(() => keys.ends())
  if (signingKeys !== undefined) requireAlgorithm(signingKeys.active(clock()).algorithm, config)
  const tls = createTlsOfListeners({ config, clock, log, metrics })
  const hasher = createPasswordHasher(randomBytes(32))
  const bindingKey = await readBindingKey(
    config.keys.directory,
    config.keys.verifyOnly ? PUBLIC_KEYS : KEY_PAIRS,
  )
  const store = await openCredentials({ config, hasher, bindingKey, log, metrics })
  const policySource = await openPolicy({ config, log, metrics })
  return {
    ...{ config, log, metrics, keys, signingKeys, bindingKey, tls, store, hasher, clock },
    verifier: verifierOf({ config, keys, clock }),
    timer: () => performance.now(),
    newId: randomUUID,
    record(event) {
      logDecision(log, event)
      metrics.record(event)
    },
    policy: () => policySource.current(),
    policySource,
  }
}

/** Without a key for it, tokens would be signed with another algorithm than was asked for. */
function requireAlgorithm(found: Algorithm, { token, keys }: Config): void {
  if (token.algorithm === undefined || token.algorithm === found) return
  throw new RauthError(
    'ERR_KEYS_UNREADABLE',
    `token.algorithm is ${token.algorithm}, and ${keys.directory} has a key for ${found} only; ` +
      `next: rauth keys rotate -a ${token.algorithm} -d ${keys.directory}`,
  )
}

/** For whoever answers: logs that an answer could not be given. */
export function onAnswerFailure({ log }: Pick<Common, 'log'>) {
  return (thrown: unknown) => {
    log.error({ error: messageOf(thrown) }, 'an answer could not be given')
  }
}

/** For whoever listens: logs what goes wrong with an open port. */
export function onPortError({ log }: Pick<Common, 'log'>) {
  return (error: Error) => {
    log.error({ error: error.message }, 'a port failed to take a connection')
  }
}
