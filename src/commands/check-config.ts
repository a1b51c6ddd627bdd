import { existsSync } from 'node:fs'
import os from 'node:os'
import { Command } from 'commander'
import { readPolicyText } from '../adapters/file/policy/policy-text.ts'
import { loadConfig, USUAL_FILE } from '../config/read.ts'
import { configuredPolicy } from '../config/configured-policy.ts'
import type { Config } from '../config/schema.ts'
import { TLS_LISTENERS, tlsFilesOf } from '../config/tls.ts'
import { policyWarningsOf, warningsOf } from '../config/warnings.ts'
import type { Policy } from '../policy/policy.ts'
import { addConfigOption, configFile, type ConfigOption } from './config-option.ts'

export function checkConfigCommand(): Command {
  return addConfigOption(new Command('check-config'))
    .description('Say file:line:column of each mistake in a configuration; exit 1 if there is one.')
    .exitOverride()
    .action(async (options: ConfigOption) => {
      const file = configFile(options)
      const name = file ?? (existsSync(USUAL_FILE) ? USUAL_FILE : 'the environment')
      const config = loadConfig(file, process.env)
      const policy = await readPolicy(config)
      await checkCluster(config)
      const ofPolicy = policy === undefined ? [] : policyWarningsOf(policy)
      for (const warning of [...warningsOf(config), ...ofPolicy, ...missingPaths(config)]) {
        process.stderr.write(`${name}: ${warning}\n`)
      }
      process.stdout.write(`${name}: ok\n`)
    })
}

/** The policy of the file, if there is one here. Throws what is wrong with it. */
async function readPolicy(config: Config): Promise<Policy | undefined> {
  const { file } = config.policy
  if (file === undefined || !existsSync(file)) return undefined
  return configuredPolicy(config, await readPolicyText(file), file)
}

/** Throws when a kubeconfig that is named can't be used. Which others there are is another machine's affair. */
async function checkCluster({ credentials }: Config): Promise<void> {
  if (credentials.source !== 'kubernetes') return
  const { kubeconfig, context } = credentials
  const named = kubeconfig !== undefined && existsSync(kubeconfig)
  if (!named && (kubeconfig !== undefined || context === undefined)) return
  const { readClusterAccess } = await import('../adapters/kubernetes/cluster-access.ts')
  readClusterAccess({ kubeconfig, context, environment: process.env, home: os.homedir() })
}

function credentialPaths(credentials: Config['credentials']): readonly MissablePath[] {
  if (credentials.source === 'directory') {
    const next = ': make it, with a Secret in it'
    return [['credentials.directory', credentials.directory, next]]
  }
  const { kubeconfig } = credentials
  return kubeconfig === undefined
    ? []
    : [['credentials.kubernetes.kubeconfig', kubeconfig, ': put it there']]
}

type MissablePath = readonly [key: string, path: string, next: string]

/** No mistakes of the configuration, which may be meant for another machine. */
function missingPaths(config: Config): readonly string[] {
  const { keys, credentials, policy } = config
  const init = keys.verifyOnly ? 'rauth keys public' : 'rauth keys init -d'
  const paths: readonly MissablePath[] = [
    ...(keys.certificate === undefined || keys.key === undefined
      ? [['keys.directory', keys.directory, `: ${init} ${keys.directory}`] as const]
      : [['keys.certificate', keys.certificate, ''] as const, ['keys.key', keys.key, ''] as const]),
    ...credentialPaths(credentials),
    ...(policy.file === undefined
      ? []
      : [['policy.file', policy.file, ': put a policy there'] as const]),
    ...TLS_LISTENERS.flatMap((listener) =>
      Object.entries(tlsFilesOf(config, listener) ?? {}).map(
        ([name, file]: [string, string]) => [`tls.${listener}.${name}`, file, ''] as const,
      ),
    ),
  ]
  return paths
    .filter(([, path]) => !existsSync(path))
    .map(([key, path, next]) => `${key} ${path} is not here${next}`)
}
