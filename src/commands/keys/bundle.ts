import type { Command } from 'commander'
import { readBundle } from '../../adapters/file/keys/key-bundle.ts'
import { keysSubcommand, placeOf, type PlaceOptions } from './place.ts'

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
    .action(async ({ leaves, ...where }: PlaceOptions & { leaves?: true }) => {
      const { directory } = placeOf(where)
      const options = { directory, leaves: leaves ?? false, now: new Date() }
      process.stdout.write(await readBundle(options))
      if (leaves) process.stderr.write('registry 2.8 finds no key by its kid: there it takes x5c\n')
    })
}
