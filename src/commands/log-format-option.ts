import { Option, type Command } from 'commander'
import type { Config } from '../config/schema.ts'
import type { ConfigSource } from '../serve/config-reloads.ts'

export interface LogFormatOption {
  readonly logFormat?: Config['logFormat']
}

/** `--log-format`, over the key `logFormat` and its variable. */
export function addLogFormatOption(command: Command): Command {
  return command.addOption(
    new Option(
      '--log-format <format>',
      'how the log is written, over logFormat (default: for people on a terminal, else JSON)',
    ).choices(['auto', 'json', 'pretty']),
  )
}

/** The configuration, with what the option says. */
export function withLogFormat(config: Config, { logFormat }: LogFormatOption): Config {
  return logFormat === undefined ? config : { ...config, logFormat }
}

/** The configuration as it is read again, with what the option says. */
export function sourceWithLogFormat(
  { file, parse }: ConfigSource,
  option: LogFormatOption,
): ConfigSource {
  return {
    file,
    parse(text) {
      const loaded = parse(text)
      return { ...loaded, config: withLogFormat(loaded.config, option) }
    },
  }
}
