import { existsSync } from 'node:fs'
import os from 'node:os'
import { Command } from 'commander'
import { readPolicyText } from '../adapters/file/policy/policy-text.ts'
import { loadConfig, USUAL_FILE } from '../config/read.ts'
import { configuredPolicy } from '../config/configured-policy.ts'
import type { Config } from '../config/schema.ts'
import { TLS_LISTENERS, tlsFilesOf } from '../config/tls.ts'
import { warningsOf } from '../config/warnings.ts'
import { addConfigOption, configFile, type ConfigOption } from './config-option.ts'

export function checkConfigCommand(): Command {
  return addConfigOption(new Command('check-config'))
    .description('Say file:line:column of each mistake in a configuration; exit 1 if there is one.')
    .exitOverride()
    .action(async (options: ConfigOption) => {
      const file = configFile(options)
      const name = file ?? (existsSync(USUAL_FILE) ? USUAL_FILE : 'the environment')
      const config = loadConfig(file, process.env)
      await checkPolicy(config)
      await checkCluster(config)
      for (const warning of [...warningsOf(config), ...missingPaths(config)]) {
        process.stderr.write(`${name}: ${warning}\n`)
      }
      process.stdout.write(`${name}: ok\n`)
    })
}

/** Throws what is wrong with the policy file. One that is not here is only missing. */
async function checkPolicy(config: Config): Promise<void> {
  const { file } = config.policy
  if (file === undefined || !existsSync(file)) return
  configuredPolicy(config, await readPolicyText(file), file)
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

/** No mistakes of the configuration, which may be meant for another machine. */
function missingPaths(config: Config): readonly string[] {
  const { keys, credentials, policy } = config
  const init = keys.verifyOnly ? 'rauth keys public' : 'rauth keys init -d'
  const paths: readonly (readonly [key: string, path: string, next: string])[] = [
    ['keys.directory', keys.directory, `: ${init} ${keys.directory}`],
    ...(credentials.source === 'directory'
      ? [
          [
            'credentials.directory',
            credentials.directory,
            ': make it, with a Secret in it',
          ] as const,
        ]
      : []),
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
