import type { Command } from 'commander'
import { loadConfig } from '../config/read.ts'
import { runOnce } from '../serve/controller/once.ts'
import { runController } from '../serve/controller/run.ts'
import {
  configFile,
  withArgument,
  type AnyConfigOption,
  type ConfigOption,
} from './config-option.ts'
import { configSource } from './configured.ts'
import { toldStart } from './told-start.ts'
import { sourceWithLogFormat, withLogFormat, type LogFormatOption } from './log-format-option.ts'

export interface ControllerOptions extends ConfigOption, LogFormatOption {
  readonly dryRun?: true
  readonly once?: true
}

/** `rauth controller`, until it is stopped, or once. */
export async function runControllerCommand(
  argument: string | undefined,
  given: ControllerOptions,
  command: Command,
): Promise<void> {
  const options = withArgument(argument, given, command)
  const start = () => control(options, given)
  await (given.once === true ? start() : toldStart({ ...given, ...options }, start))
}

async function control(options: AnyConfigOption, given: ControllerOptions): Promise<void> {
  const config = withLogFormat(loadConfig(configFile(options), process.env), given)
  const dryRun = given.dryRun === true || config.controller.dryRun
  if (given.once !== true) {
    const source = sourceWithLogFormat(configSource(options), given)
    await runController(config, { dryRun, source })
    return
  }
  const { obstructed, failed } = await runOnce(config, dryRun)
  if (obstructed + failed > 0) process.exitCode = 1
}
