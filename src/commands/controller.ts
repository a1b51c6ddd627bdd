import { Command } from 'commander'
import { loadConfig } from '../config/read.ts'
import { runOnce } from '../serve/controller/once.ts'
import { runController } from '../serve/controller/run.ts'
import {
  addConfigOption,
  configFile,
  configSource,
  withArgument,
  type ConfigOption,
} from './config-option.ts'
import {
  addLogFormatOption,
  sourceWithLogFormat,
  withLogFormat,
  type LogFormatOption,
} from './log-format-option.ts'

interface ControllerOptions extends ConfigOption, LogFormatOption {
  readonly dryRun?: true
  readonly once?: true
}

export function controllerCommand(): Command {
  return addLogFormatOption(addConfigOption(new Command('controller')))
    .argument('[file]', 'the same as --config')
    .description('Make the Secrets of namespaces, repair them and rotate their passwords.')
    .option('--dry-run', 'say what would be written, and write nothing')
    .option('--once', 'do each namespace one time, then end; exit 1 if one is not as it should be')
    .addHelpText('after', '\nExample:\n  rauth controller -f rauth.yaml --once --dry-run')
    .exitOverride()
    .action(async (argument: string | undefined, given: ControllerOptions, command: Command) => {
      const options = withArgument(argument, given, command)
      const config = withLogFormat(loadConfig(configFile(options), process.env), given)
      const dryRun = given.dryRun === true || config.controller.dryRun
      if (given.once !== true) {
        const source = sourceWithLogFormat(configSource(options), given)
        await runController(config, { dryRun, source })
        return
      }
      const { obstructed, failed } = await runOnce(config, dryRun)
      if (obstructed + failed > 0) process.exitCode = 1
    })
}
