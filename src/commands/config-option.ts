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
