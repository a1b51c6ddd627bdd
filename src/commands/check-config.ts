import { existsSync } from 'node:fs'
import { Command } from 'commander'
import { loadConfig, USUAL_FILE } from '../config/read.ts'
import type { Config } from '../config/schema.ts'
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
      for (const warning of [...warningsOf(config), ...missingFolders(config)]) {
        process.stderr.write(`${name}: ${warning}\n`)
      }
      process.stdout.write(`${name}: ok\n`)
    })
}

/** No mistakes of the configuration, which may be meant for another machine. */
function missingFolders({ keys, credentials }: Config): readonly string[] {
  const next = {
    'keys.directory': [
      keys.directory,
      keys.verifyOnly
        ? `rauth keys public ${keys.directory}`
        : `rauth keys init -d ${keys.directory}`,
    ],
    'credentials.directory': [credentials.directory, 'make it, with a Secret in it'],
  } as const
  return Object.entries(next)
    .filter(([, [folder]]) => !existsSync(folder))
    .map(([key, [folder, hint]]) => `${key} ${folder} is not here: ${hint}`)
}
