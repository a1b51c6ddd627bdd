import type { Command } from 'commander'
import { keysSubcommand, type PlaceOptions } from './subcommand.ts'

export function publicCommand(): Command {
  return keysSubcommand('public', 'Make the folder of a gateway that has no private key.')
    .argument('<folder>', 'the folder to make, or to bring up to date')
    .addHelpText(
      'after',
      '\nIt holds ca.crt, the certificate of each key, and binding.key; keys.verifyOnly tells a gateway\n' +
        'that it is one. Do it again whenever keys come or go: what is no key any more goes there too.\n' +
        'binding.key is still a secret.',
    )
    .action(async (target: string, where: PlaceOptions) => {
      const { runPublic } = await import('./run-public.ts')
      await runPublic(target, where)
    })
}
