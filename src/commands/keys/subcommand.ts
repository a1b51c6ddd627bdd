import { Command } from 'commander'
import { addConfigOption, type ConfigOption } from '../config-option.ts'

export interface PlaceOptions extends ConfigOption {
  readonly directory?: string
}

/** What is written behind the name in an example. */
const EXAMPLES: Readonly<Record<string, string>> = {
  init: 'init -d keys',
  rotate: 'rotate -c rauth.yaml',
  list: 'list -c rauth.yaml -o json',
  jwks: 'jwks > jwks.json',
  bundle: 'bundle > ca-bundle.pem',
  public: 'public gateway-keys',
}

export function keysSubcommand(name: string, description: string): Command {
  return addConfigOption(new Command(name))
    .description(description)
    .option('-d, --directory <directory>', 'where the keys live (default: keys.directory, or keys)')
    .addHelpText('after', `\nExample:\n  rauth keys ${EXAMPLES[name] ?? name}`)
    .addHelpText(
      'after',
      '\nThe configuration tells keys.directory, keys.publishAhead and how long tokens live.',
    )
    .exitOverride()
}
