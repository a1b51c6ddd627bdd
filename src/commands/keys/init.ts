import { Option, type Command } from 'commander'
import { keysSubcommand } from './subcommand.ts'
import { ALGORITHM_HELP, algorithmOption, daysOption } from './new-key-options.ts'
import { secretOption } from './secret-option.ts'
import type { InitOptions } from './run-init.ts'

export function initCommand(): Command {
  return keysSubcommand(
    'init',
    'Make what is missing: a CA, a signing key with a certificate under it, and the binding key.',
  )
    .addOption(algorithmOption())
    .addOption(daysOption())
    .addOption(secretOption())
    .addOption(
      new Option(
        '--only-binding-key',
        'with --secret: no more than that, where cert-manager makes the key',
      ).conflicts(['algorithm', 'days']),
    )
    .addHelpText(
      'after',
      '\nGive ca.crt to the registry as auth.token.rootcertbundle. Keep ca.key away from everybody.\n' +
        'Without -a the algorithm is token.algorithm, or ES256.\n' +
        ALGORITHM_HELP +
        '\n\n--secret registry/rauth-keys makes four Secrets, and changes none that is there: rauth-keys for\n' +
        'the token service, rauth-keys-public for a gateway without private keys, rauth-keys-registry\n' +
        'for a registry, rauth-keys-ca for rotate alone.',
    )
    .action(async (options: InitOptions) => {
      const { runInit } = await import('./run-init.ts')
      await runInit(options)
    })
}
