import { Command, Option } from 'commander'
import { ALGORITHM_NAMES, type Algorithm } from '../token/algorithms.ts'

export function keysCommand(): Command {
  const keys = new Command('keys').description('Signing keys.').exitOverride()
  keys
    .command('init')
    .description(
      'Make what is missing: a CA, a signing key with a certificate under it, and the binding key.',
    )
    .requiredOption('-d, --directory <directory>', 'where the keys live', 'keys')
    .addOption(
      new Option('-a, --algorithm <algorithm>', 'of a new signing key')
        .choices(ALGORITHM_NAMES)
        .default('ES256'),
    )
    .addHelpText(
      'after',
      '\nGive ca.crt to the registry as auth.token.rootcertbundle. Keep ca.key away from everybody.',
    )
    .action(async ({ directory, algorithm }: { directory: string; algorithm: Algorithm }) => {
      // Making certificates takes a library that no other command needs.
      const { initializeKeys } = await import('../adapters/file/key-maker.ts')
      const made = await initializeKeys({ directory, algorithm, now: new Date() })
      for (const name of made.created) process.stdout.write(`created ${name}\n`)
      for (const name of made.found) process.stdout.write(`kept ${name}\n`)
    })
  return keys
}
