import { Option, type Command } from 'commander'
import { ALGORITHM_HELP, algorithmOption, daysOption } from './new-key-options.ts'
import { keysSubcommand } from './subcommand.ts'
import { secretOption } from './secret-option.ts'
import type { RotateOptions } from './run-rotate.ts'

export function rotateCommand(): Command {
  return keysSubcommand('rotate', 'Make the next signing key under the CA; later remove old ones.')
    .addOption(algorithmOption())
    .addOption(daysOption())
    .addOption(
      new Option(
        '--prune',
        'make none, but remove keys that no living token is signed with',
      ).conflicts(['algorithm', 'days']),
    )
    .addOption(secretOption())
    .addHelpText(
      'after',
      '\nThe new key is published as soon as rauth sees it and signs keys.publishAhead later; the old\n' +
        'one verifies on until --prune removes it. It takes ca.key, which may be kept elsewhere until\n' +
        `then. Without -a the algorithm stays.\n${ALGORITHM_HELP}\n` +
        'A registry that has rootcertbundle and gets tokens with x5c needs nothing. One with a jwks\n' +
        'file: give it the output of "rauth keys jwks" and restart it before the new key signs.',
    )
    .action(async (options: RotateOptions) => {
      const { runRotateKeys } = await import('./run-rotate.ts')
      await runRotateKeys(options)
    })
}
