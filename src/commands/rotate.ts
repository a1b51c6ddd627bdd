import { existsSync } from 'node:fs'
import { Command } from 'commander'
import { loadConfigWithoutRealm, USUAL_FILE } from '../config/read.ts'
import { formatInstant } from '../instant.ts'
import { rotateNamespace } from '../serve/controller/rotate/rotate.ts'
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
      const file = configFile(options)
      const rotated = await rotateNamespace(loadConfigWithoutRealm(file, process.env), {
        ...{ namespace, now, knowsRegistries: saysRegistries(file), log: COMMAND_LOG },
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
function saysRegistries(file: string | undefined): boolean {
  const names = ['RAUTH_REALM', 'RAUTH_SERVICE', 'RAUTH_CONTROLLER_REGISTRIES']
  return (
    file !== undefined ||
    existsSync(USUAL_FILE) ||
    names.some((name) => process.env[name] !== undefined)
  )
}
