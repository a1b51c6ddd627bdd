import { Option, type Command } from 'commander'

export interface ConfigOption {
  readonly config?: string
  readonly file?: string
}

/** `-c, --config`, and `-f, --file` for the same: nobody should have to remember which it was. */
export function addConfigOption(command: Command): Command {
  return command
    .option('-c, --config <file>', 'the configuration (default: rauth.yaml, if it is there)')
    .addOption(new Option('-f, --file <file>', 'the same').conflicts('config'))
}

/** The file as given; `undefined`: rauth.yaml if it is there, else the environment alone. */
export function configFile({ config, file }: ConfigOption): string | undefined {
  return config ?? file
}

/** The same for a command that takes the file as its argument, too. */
export function addConfigArgument(command: Command): Command {
  return addConfigOption(command).argument('[file]', 'the same as --config')
}

/** The file of such a command. Ends it where two are named. */
export function namedFile(
  argument: string | undefined,
  options: ConfigOption,
  command: Command,
): string | undefined {
  const option = configFile(options)
  if (argument !== undefined && option !== undefined) {
    command.error('error: the configuration is named twice')
  }
  return argument ?? option
}
