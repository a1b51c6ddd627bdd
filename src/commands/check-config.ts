import { existsSync } from 'node:fs'
import { Command } from 'commander'
import { loadConfig, USUAL_FILE } from '../config/read.ts'
import type { Config } from '../config/schema.ts'
import { TLS_LISTENERS, tlsFilesOf } from '../config/tls.ts'
import { warningsOf } from '../config/warnings.ts'
import { addConfigOption, configFile, type ConfigOption } from './config-option.ts'

export function checkConfigCommand(): Command {
  return addConfigOption(new Command('check-config'))
    .description('Say file:line:column of each mistake in a configuration; exit 1 if there is one.')
    .exitOverride()
    .action((options: ConfigOption) => {
      const file = configFile(options)
      const name = file ?? (existsSync(USUAL_FILE) ? USUAL_FILE : 'the environment')
      const config = loadConfig(file, process.env)
      for (const warning of [...warningsOf(config), ...missingPaths(config)]) {
        process.stderr.write(`${name}: ${warning}\n`)
      }
      process.stdout.write(`${name}: ok\n`)
    })
}

/** No mistakes of the configuration, which may be meant for another machine. */
function missingPaths(config: Config): readonly string[] {
  const { keys, credentials } = config
  const init = keys.verifyOnly ? 'rauth keys public' : 'rauth keys init -d'
  const paths: readonly (readonly [key: string, path: string, next: string])[] = [
    ['keys.directory', keys.directory, `: ${init} ${keys.directory}`],
    ['credentials.directory', credentials.directory, ': make it, with a Secret in it'],
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
