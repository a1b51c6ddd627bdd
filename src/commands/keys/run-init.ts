import { loadKeySet } from '../../adapters/file/keys/key-files.ts'
import { RauthError } from '../../errors.ts'
import type { Algorithm } from '../../token/algorithms.ts'
import { usage } from '../asking/usage.ts'
import { placeOf } from './place.ts'
import type { PlaceOptions } from './subcommand.ts'
import { initializeBindingKey, initializeKeySecrets } from './key-secrets.ts'
import type { NamedSecret, SecretOption } from './secret-option.ts'
import { withSecrets } from './with-secrets.ts'

export interface InitOptions extends PlaceOptions, SecretOption {
  readonly algorithm?: Algorithm
  readonly days?: number
  readonly onlyBindingKey?: true
}

/** `rauth keys init`, in a folder or in Secrets. */
export async function runInit({
  algorithm: wanted,
  days,
  secret,
  onlyBindingKey,
  ...where
}: InitOptions): Promise<void> {
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
}

function sayOf({ namespace }: NamedSecret) {
  return (name: string, what: 'created' | 'kept') => {
    process.stdout.write(`${what} Secret ${namespace}/${name}\n`)
  }
}
