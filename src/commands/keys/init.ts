import { Command } from 'commander'
import { loadKeySet } from '../../adapters/file/keys/key-files.ts'
import { RauthError } from '../../errors.ts'
import type { Algorithm } from '../../token/algorithms.ts'
import { ALGORITHM_HELP, algorithmOption, daysOption } from './new-key-options.ts'

interface InitOptions {
  readonly directory: string
  readonly algorithm: Algorithm
  readonly days?: number
}

export function initCommand(): Command {
  return new Command('init')
    .description(
      'Make what is missing: a CA, a signing key with a certificate under it, and the binding key.',
    )
    .requiredOption('-d, --directory <directory>', 'where the keys live', 'keys')
    .addOption(algorithmOption().default('ES256'))
    .addOption(daysOption())
    .addHelpText(
      'after',
      '\nGive ca.crt to the registry as auth.token.rootcertbundle. Keep ca.key away from everybody.\n' +
        ALGORITHM_HELP,
    )
    .exitOverride()
    .action(async (options: InitOptions, command: Command) => {
      // Making certificates takes a library that only this and rotate need.
      const { initializeKeys } = await import('../../adapters/file/keys/key-maker.ts')
      const made = await initializeKeys({ ...options, now: new Date() })
      for (const name of made.created) process.stdout.write(`created ${name}\n`)
      for (const name of made.found) process.stdout.write(`kept ${name}\n`)
      const keys = await loadKeySet(options.directory, new Date())
      const { algorithm } = keys.active(Date.now() / 1000)
      if (command.getOptionValueSource('algorithm') === 'cli' && algorithm !== options.algorithm) {
        throw new RauthError(
          'ERR_KEYS_UNREADABLE',
          `the signing key that was kept is for ${algorithm}; next: ` +
            `rauth keys rotate -a ${options.algorithm} -d ${options.directory}`,
        )
      }
    })
}
