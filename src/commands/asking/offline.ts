import { createSecretKey, randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { POLICY_FILE, readDocumentText } from '../../adapters/file/document-text.ts'
import { configuredPolicy } from '../../config/configured-policy.ts'
import { deciderOf } from '../../config/decider.ts'
import { policyOf } from '../../config/policy-file.ts'
import { isUnconfigured, loadConfigWithoutRealm, USUAL_FILE } from '../../config/read.ts'
import type { Config } from '../../config/schema.ts'
import { createPasswordHasher } from '../../credentials/password.ts'
import { messageOf } from '../../errors.ts'
import type { Log } from '../../log.ts'
import { namespacePolicy, type Policy } from '../../policy/policy.ts'
import { openIdentity, type OpenIdentity } from '../../serve/identity/identity.ts'
import { createClusterOnce } from '../../serve/cluster.ts'
import { longestLifeOf, openKeys, type OpenKeys } from '../../serve/keys.ts'
import { verifierOf } from '../../serve/verifier.ts'
import type { Verifier } from '../../token/verifier.ts'
import { configFile, type AnyConfigOption } from '../config-option.ts'
import { loadAnyConfig } from '../configured.ts'
import { usage } from './usage.ts'

/** What the files of a rauth say, without one that runs. */
export interface Offline {
  readonly config: Config
  readonly policy: Policy
  /** Whom the identity sources know; nothing if one of them can't be read. */
  readonly identity: OpenIdentity | undefined
  /** What keeps it from being read. */
  readonly unread?: string
  /** Of tokens; nothing if there are no keys here. */
  readonly verifier: Verifier | undefined
  /** What is not here, and so was not looked at: for stderr. */
  readonly missing: readonly string[]
}

const SILENT: Log = { info: () => undefined, warn: () => undefined, error: () => undefined }

/** Nobody looks at them. */
const NO_METRICS = {
  usersReloadFailed: () => undefined,
  issuerKeysFailed: () => undefined,
  observeSecrets: () => undefined,
  observeReload: () => undefined,
  watchEnded: () => undefined,
  apiAnswered: () => undefined,
  lookup: () => () => undefined,
}

/** How long the credentials of a cluster may take, milliseconds. */
const PATIENCE = 10_000

export interface OfflineOptions extends AnyConfigOption {
  readonly policy?: string
}

/**
 * The configuration, the policy and the credentials as they are in files or in the cluster; the keys too where `tokensAt` is
 * given: when tokens are judged, seconds since the epoch. Throws for a configuration or a policy that
 * can't be used.
 */
export async function readOffline(options: OfflineOptions, tokensAt?: number): Promise<Offline> {
  const isNamed = (options.dockerAuthConfig ?? configFile(options)) !== undefined
  const isBare = !isNamed && !existsSync(USUAL_FILE) && options.policy !== undefined
  const config = isBare ? loadConfigWithoutRealm(undefined, {}) : configOf(options)
  const policy = await readPolicy(config, options.policy)
  if (isBare) return { config, policy, identity: undefined, verifier: undefined, missing: [] }
  const missing: string[] = []
  const decider = deciderOf(config)
  if (decider !== undefined) {
    missing.push(`${decider.name} decides what no rule is about: it is not asked here`)
  }
  const keys = await readKeys(config).catch((error: unknown) => {
    if (tokensAt !== undefined) missing.push(`no token is verified: ${messageOf(error)}`)
    return undefined
  })
  const verifier =
    keys && verifierOf({ config, keys: keys.keys, clock: () => tokensAt ?? Date.now() / 1000 })
  const known = await readIdentity(config, keys).then(
    (identity) => ({ identity }),
    (error: unknown) => ({ identity: undefined, unread: messageOf(error) }),
  )
  if ('unread' in known) missing.push(`no credentials are looked at: ${known.unread}`)
  return { config, policy, ...known, verifier, missing }
}

export function configOf(options: AnyConfigOption): Config {
  const named = options.dockerAuthConfig ?? configFile(options)
  if (isUnconfigured(named, process.env)) {
    throw usage(
      `there is no ${USUAL_FILE} here: name a configuration with -c, or a policy with --policy`,
    )
  }
  return loadAnyConfig(options).config
}

async function readPolicy(config: Config, named: string | undefined): Promise<Policy> {
  if (named !== undefined) return policyOf(await readDocumentText(named, POLICY_FILE), named)
  const { file } = config.policy
  if (file === undefined) return namespacePolicy(config.policy)
  return configuredPolicy(config, await readDocumentText(file, POLICY_FILE), file)
}

/** The keys as they are now: nothing watches them. */
export async function readKeys(config: Config): Promise<OpenKeys> {
  const nothing = () => undefined
  const metrics = { observeKeys: nothing, observeReload: nothing, keyReloadFailed: nothing }
  const opened = await openKeys({
    ...{ config, clock: () => Date.now() / 1000, log: SILENT, metrics },
    takesBound: false,
    longestLife: () => longestLifeOf(config),
  })
  opened.keys.close()
  return opened
}

async function readIdentity(config: Config, keys: OpenKeys | undefined): Promise<OpenIdentity> {
  const cluster = createClusterOnce({ config, log: SILENT, metrics: NO_METRICS })
  const identity = await openIdentity(
    {
      ...{ config, log: SILENT, clock: () => Date.now() / 1000, cluster },
      metrics: NO_METRICS,
      hasher: createPasswordHasher(randomBytes(32)),
      // Without it no token is known by its credential, and all the rest is.
      bindingKey: keys?.bindingKey ?? createSecretKey(randomBytes(32)),
    },
    false,
  )
  try {
    // Files are read by now; a cluster may take a moment.
    const end = performance.now() + PATIENCE
    const secrets = identity.health.find(({ name }) => name === 'secrets')
    while (!identity.lookup.ready()) {
      const late = performance.now() > end ? `not there within ${PATIENCE / 1000} s` : undefined
      const problem = secrets?.trouble?.() ?? late
      if (problem !== undefined) throw new Error(problem)
      await sleep(20)
    }
    return identity
  } finally {
    identity.close()
    cluster.close()
  }
}
