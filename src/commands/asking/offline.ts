import { createSecretKey, randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readBindingKey } from '../../adapters/file/keys/binding-key.ts'
import { loadKeySet } from '../../adapters/file/keys/key-files.ts'
import { readPolicyText } from '../../adapters/file/policy/policy-text.ts'
import { createFileSecretStore } from '../../adapters/file/secrets/secret-store.ts'
import { configuredPolicy } from '../../config/configured-policy.ts'
import { policyOf } from '../../config/policy-file.ts'
import { loadConfig, parseConfig, USUAL_FILE } from '../../config/read.ts'
import { problemsError } from '../../config/problems.ts'
import type { Config } from '../../config/schema.ts'
import type { CredentialStore } from '../../credentials/credential.ts'
import { createPasswordHasher } from '../../credentials/password.ts'
import { messageOf, RauthError } from '../../errors.ts'
import type { Log } from '../../log.ts'
import { namespacePolicy, type Policy } from '../../policy/policy.ts'
import { verifierOf } from '../../serve/verifier.ts'
import type { Verifier } from '../../token/verifier.ts'
import { configFile, type ConfigOption } from '../config-option.ts'
import { usage } from './usage.ts'

/** What the files of a rauth say, without one that runs. */
export interface Offline {
  readonly config: Config
  readonly policy: Policy
  /** The credentials in the files; nothing if there is no such folder here. */
  readonly store: CredentialStore | undefined
  /** Of tokens; nothing if there are no keys here. */
  readonly verifier: Verifier | undefined
  /** What is not here, and so was not looked at: for stderr. */
  readonly missing: readonly string[]
}

const SILENT: Log = { info: () => undefined, warn: () => undefined, error: () => undefined }

/** A configuration in which nothing but the policy is of interest. */
const BARE = 'realm: http://localhost/token\n'

export interface OfflineOptions extends ConfigOption {
  readonly policy?: string
}

/**
 * The configuration, the policy and the credentials as they are in files; the keys too where `tokensAt` is
 * given: when tokens are judged, seconds since the epoch. Throws for a configuration or a policy that
 * can't be used.
 */
export async function readOffline(options: OfflineOptions, tokensAt?: number): Promise<Offline> {
  const named = configFile(options)
  const isBare = named === undefined && !existsSync(USUAL_FILE) && options.policy !== undefined
  const config = isBare ? bareConfig() : configOf(named)
  const policy = await readPolicy(config, options.policy)
  if (isBare) return { config, policy, store: undefined, verifier: undefined, missing: [] }
  const missing: string[] = []
  const store = await readStore(config).catch((error: unknown) => {
    missing.push(`no credentials are looked at: ${messageOf(error)}`)
    return undefined
  })
  const verifier =
    tokensAt === undefined
      ? undefined
      : await readVerifier(config, tokensAt).catch((error: unknown) => {
          missing.push(`no token is verified: ${messageOf(error)}`)
          return undefined
        })
  return { config, policy, store, verifier, missing }
}

export function configOf(named: string | undefined): Config {
  if (named === undefined && !existsSync(USUAL_FILE) && process.env['RAUTH_REALM'] === undefined) {
    throw usage(
      `there is no ${USUAL_FILE} here: name a configuration with -c, or a policy with --policy`,
    )
  }
  return loadConfig(named, process.env)
}

function bareConfig(): Config {
  const parsed = parseConfig(BARE, USUAL_FILE, {})
  if (parsed.problems !== undefined) throw problemsError(parsed.problems)
  return parsed.config
}

async function readPolicy(config: Config, named: string | undefined): Promise<Policy> {
  if (named !== undefined) return policyOf(await readPolicyText(named), named)
  const { file } = config.policy
  if (file === undefined) return namespacePolicy(config.policy)
  return configuredPolicy(config, await readPolicyText(file), file)
}

async function readStore(config: Config): Promise<CredentialStore> {
  const { directory } = config.credentials
  // Without it no token is known by its credential, and all the rest is.
  const bindingKey = await readBindingKey(config.keys.directory).catch((error: unknown) => {
    if (error instanceof RauthError) return createSecretKey(randomBytes(32))
    throw error
  })
  const store = await createFileSecretStore({
    ...{ directory, secretName: config.secretName, bindingKey, log: SILENT },
    hasher: createPasswordHasher(randomBytes(32)),
  })
  store.close()
  return store
}

async function readVerifier(config: Config, now: number): Promise<Verifier> {
  const keys = await loadKeySet(config.keys.directory, new Date())
  return verifierOf({ config, keys, clock: () => now })
}
