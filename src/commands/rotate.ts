import { existsSync } from 'node:fs'
import { Command } from 'commander'
import { loadConfig, parseConfig, USUAL_FILE } from '../config/read.ts'
import { problemsError } from '../config/problems.ts'
import type { Config } from '../config/schema.ts'
import { formatInstant } from '../instant.ts'
import { rotateNamespace } from '../serve/controller/rotate.ts'
import { parseNamespace } from './asking/parse-namespace.ts'
import { COMMAND_LOG } from './command-log.ts'
import { addConfigOption, configFile, type ConfigOption } from './config-option.ts'
import { say } from './output.ts'

interface RotateOptions extends ConfigOption {
  readonly now?: true
}

export function rotateCommand(): Command {
  return addConfigOption(new Command('rotate'))
    .description('Give a namespace the next password, in both of its Secrets.')
    .argument('<namespace>', 'whose Secrets rauth controller made', parseNamespace)
    .option('--now', 'the password before works no longer: it was stolen')
    .addHelpText(
      'after',
      '\nExample:\n  rauth rotate team-a\n' +
        '\nIt writes to the cluster as whoever your kubeconfig says, with a rauth controller that runs or\n' +
        'without, and prints no password. The one before goes on working for controller.overlap.',
    )
    .exitOverride()
    .action(async (namespace: string, options: RotateOptions) => {
      const now = options.now === true
      const { config, isBare } = configOf(options)
      const rotated = await rotateNamespace(config, {
        ...{ namespace, now, knowsRegistries: !isBare, log: COMMAND_LOG },
        onWait(seconds) {
          say([`every rauth reads the next password; pods get it in ${Math.ceil(seconds)} s`])
        },
      })
      const { previousUntil, obstacle } = rotated
      const before =
        previousUntil === undefined
          ? 'the one before works no longer'
          : `the one before works until ${formatInstant(previousUntil)}`
      const which = obstacle === undefined ? 'both Secrets have' : 'the credentials have'
      process.stdout.write(`${namespace}: ${which} the next password; ${before}\n`)
      if (obstacle === undefined) return
      say([`the pull Secret has not followed: ${obstacle}`])
      process.exitCode = 1
    })
}

/** Whoever rotates may have nothing but a kubeconfig: then what is usual counts, but for the registries. */
function configOf(options: ConfigOption): { readonly config: Config; readonly isBare: boolean } {
  const file = configFile(options)
  const isSet = (name: string) => process.env[name] !== undefined
  if (file !== undefined || existsSync(USUAL_FILE) || isSet('RAUTH_REALM')) {
    return { config: loadConfig(file, process.env), isBare: false }
  }
  const read = parseConfig('realm: http://localhost/token\n', USUAL_FILE, process.env)
  if (read.problems !== undefined) throw problemsError(read.problems)
  const isBare = !isSet('RAUTH_SERVICE') && !isSet('RAUTH_CONTROLLER_REGISTRIES')
  return { config: read.config, isBare }
}
