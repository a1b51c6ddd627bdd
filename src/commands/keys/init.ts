import { Option, type Command } from 'commander'
import { loadKeySet } from '../../adapters/file/keys/key-files.ts'
import { RauthError } from '../../errors.ts'
import type { Algorithm } from '../../token/algorithms.ts'
import { usage } from '../asking/usage.ts'
import { keysSubcommand, placeOf, type PlaceOptions } from './place.ts'
import { initializeBindingKey, initializeKeySecrets } from './key-secrets.ts'
import { ALGORITHM_HELP, algorithmOption, daysOption } from './new-key-options.ts'
import { secretOption, withSecrets, type NamedSecret, type SecretOption } from './secret-option.ts'

interface InitOptions extends PlaceOptions, SecretOption {
  readonly algorithm?: Algorithm
  readonly days?: number
  readonly onlyBindingKey?: true
}

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
    .action(async ({ algorithm: wanted, days, secret, onlyBindingKey, ...where }: InitOptions) => {
      const place = placeOf(where)
      const { directory, times } = place
      const algorithm = wanted ?? times.algorithm ?? 'ES256'
      if (onlyBindingKey && secret === undefined) {
        throw usage('--only-binding-key goes with --secret')
      }
      if (secret !== undefined) {
        await withSecrets(secret, place, async (opened) => {
          const onSecret = sayOf(secret)
          if (onlyBindingKey) await initializeBindingKey({ ...opened, onSecret })
          else await initializeKeySecrets({ ...opened, algorithm, days, onSecret, now: new Date() })
        })
        return
      }
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

function sayOf({ namespace }: NamedSecret) {
  return (name: string, what: 'created' | 'kept') => {
    process.stdout.write(`${what} Secret ${namespace}/${name}\n`)
  }
}
