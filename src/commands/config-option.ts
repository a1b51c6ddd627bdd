import { Option, type Command } from 'commander'

export interface ConfigOption {
  readonly config?: string
  readonly file?: string
}

export interface AnyConfigOption extends ConfigOption {
  readonly dockerAuthConfig?: string
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

/** The same, and beside it a configuration of docker_auth in its place. */
export function addAnyConfigOption(command: Command): Command {
  return addConfigOption(command).addOption(
    new Option('--docker-auth-config <file>', 'a docker_auth configuration, as it is').conflicts([
      'config',
      'file',
    ]),
  )
}

/** The options with the file that was given as an argument. Ends a command that names two. */
export function withArgument(
  argument: string | undefined,
  options: AnyConfigOption,
  command: Command,
): AnyConfigOption {
  if (argument === undefined) return options
  if ((options.dockerAuthConfig ?? configFile(options)) !== undefined) {
    command.error('error: the configuration is named twice')
  }
  return { ...options, file: argument }
}
