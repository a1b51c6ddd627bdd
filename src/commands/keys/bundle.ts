import type { Command } from 'commander'
import { keysSubcommand, type PlaceOptions } from './subcommand.ts'

export function bundleCommand(): Command {
  return keysSubcommand('bundle', "Print what a registry's auth.token.rootcertbundle must hold.")
    .option('--leaves', 'the certificates of the keys as well, for tokens without x5c')
    .addHelpText(
      'after',
      '\nWith x5c in the tokens (the default) the CA is all that a registry needs, and it stays.\n' +
        'Without, registry 3 finds a key among --leaves by its kid, and must be restarted after each\n' +
        'rotation. Registry 2.8 computes kids in a way of its own (libtrust), which no token of rauth\n' +
        'has: there only x5c works.',
    )
    .action(async (options: PlaceOptions & { leaves?: true }) => {
      const { runBundle } = await import('./run-bundle.ts')
      await runBundle(options)
    })
}
