import type { Command } from 'commander'
import { loadKeySet } from '../../adapters/file/keys/key-files.ts'
import { RauthError } from '../../errors.ts'
import type { Algorithm } from '../../token/algorithms.ts'
import { keysSubcommand, placeOf, type PlaceOptions } from './place.ts'
import { ALGORITHM_HELP, algorithmOption, daysOption } from './new-key-options.ts'

interface InitOptions extends PlaceOptions {
  readonly algorithm?: Algorithm
  readonly days?: number
}

export function initCommand(): Command {
  return keysSubcommand(
    'init',
    'Make what is missing: a CA, a signing key with a certificate under it, and the binding key.',
  )
    .addOption(algorithmOption())
    .addOption(daysOption())
    .addHelpText(
      'after',
      '\nGive ca.crt to the registry as auth.token.rootcertbundle. Keep ca.key away from everybody.\n' +
        'Without -a the algorithm is token.algorithm, or ES256.\n' +
        ALGORITHM_HELP,
    )
    .action(async ({ algorithm: wanted, days, ...where }: InitOptions) => {
      const { directory, times } = placeOf(where)
      const algorithm = wanted ?? times.algorithm ?? 'ES256'
      // Making certificates takes a library that only this and rotate need.
      const { initializeKeys } = await import('../../adapters/file/keys/key-maker.ts')
      const made = await initializeKeys({
        directory,
        algorithm,
        now: new Date(),
        ...(days === undefined ? {} : { days }),
      })
      for (const name of made.created) process.stdout.write(`created ${name}\n`)
      for (const name of made.found) process.stdout.write(`kept ${name}\n`)
      const signing = (await loadKeySet(directory, new Date())).active(Date.now() / 1000)
      if (wanted !== undefined && signing.algorithm !== wanted) {
        throw new RauthError(
          'ERR_KEYS_UNREADABLE',
          `the signing key that was kept is for ${signing.algorithm}; next: ` +
            `rauth keys rotate -a ${wanted} -d ${directory}`,
        )
      }
    })
}
