import { existsSync } from 'node:fs'
import { access } from 'node:fs/promises'
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
    .action(async (options: ConfigOption) => {
      const file = configFile(options)
      const name = file ?? (existsSync(USUAL_FILE) ? USUAL_FILE : 'the environment')
      const config = loadConfig(file, process.env)
      for (const warning of [...warningsOf(config), ...(await missingPaths(config))]) {
        process.stderr.write(`${name}: ${warning}\n`)
      }
      process.stdout.write(`${name}: ok\n`)
    })
}

/** No mistakes of the configuration, which may be meant for another machine. */
async function missingPaths(config: Config): Promise<readonly string[]> {
  const { keys, credentials } = config
  const isThere = (folder: string) =>
    access(folder).then(
      () => true,
      () => false,
    )
  const files = TLS_LISTENERS.flatMap((listener) =>
    Object.entries(tlsFilesOf(config, listener) ?? {}).map(
      ([name, file]: [string, string]) => [`tls.${listener}.${name}`, file] as const,
    ),
  )
  const missing = await Promise.all(
    files.map(async ([name, file]) =>
      (await isThere(file)) ? [] : [`${name} ${file} is not here`],
    ),
  )
  return [
    ...((await isThere(keys.directory))
      ? []
      : [`keys.directory ${keys.directory} is not here: rauth keys init -d ${keys.directory}`]),
    ...((await isThere(credentials.directory))
      ? []
      : [
          `credentials.directory ${credentials.directory} is not here: make it, with a Secret in it`,
        ]),
    ...missing.flat(),
  ]
}
