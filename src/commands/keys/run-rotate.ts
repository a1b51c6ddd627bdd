import { pruneKeys, type PrunedKeys } from '../../adapters/file/keys/key-pruning.ts'
import { formatInstant } from '../../instant.ts'
import type { Algorithm } from '../../token/algorithms.ts'
import { pruneKeySecrets, rotateKeySecrets, type ChangedKeys } from './key-secrets-rotation.ts'
import { usage } from '../asking/usage.ts'
import { placeOf, sayTimes, type Place } from './place.ts'
import type { PlaceOptions } from './subcommand.ts'
import type { SecretOption } from './secret-option.ts'
import { withSecrets } from './with-secrets.ts'

export interface RotateOptions extends PlaceOptions, SecretOption {
  readonly algorithm?: Algorithm
  readonly days?: number
  readonly prune?: true
}

const UNKNOWN_TIMES =
  'how long tokens of the cluster live says its configuration: name that with -c, ' +
  'as the ConfigMap of rauth has it'

/** `rauth keys rotate`, in a folder or in Secrets. */
export async function runRotateKeys({
  prune,
  algorithm,
  days,
  secret,
  ...where
}: RotateOptions): Promise<void> {
  const place = placeOf(where)
  const { directory, times } = place
  const now = new Date()
  if (secret !== undefined) {
    // Living tokens of the cluster would be cut off by times that it does not go by.
    if (prune && !place.isNamed) throw usage(UNKNOWN_TIMES)
    await withSecrets(secret, place, async (opened) => {
      const changed = await (prune
        ? pruneKeySecrets({ ...opened, now }, times)
        : rotateKeySecrets({ ...opened, now, algorithm, days }))
      printChanged(changed)
    })
    if (prune) sayTimes(place)
    else saySigning(place, now)
    return
  }
  if (prune) {
    sayTimes(place)
    printPruned(await pruneKeys(directory, now, times))
    return
  }
  const { rotateKeys } = await import('../../adapters/file/keys/key-rotation.ts')
  const created = await rotateKeys({
    ...{ directory, now },
    ...(algorithm === undefined ? {} : { algorithm }),
    ...(days === undefined ? {} : { days }),
  })
  for (const name of created) process.stdout.write(`created ${name}\n`)
  saySigning(place, now)
}

function saySigning(place: Place, now: Date): void {
  const from = formatInstant(Math.floor(now.getTime() / 1000) + place.times.publishAhead)
  sayTimes(place)
  process.stderr.write(`the new key signs from ${from}\n`)
}

function printChanged({ added, removed }: ChangedKeys): void {
  for (const name of added) process.stdout.write(`created ${name}\n`)
  for (const name of removed) process.stdout.write(`removed ${name}\n`)
}

function printPruned({ removed, kept }: PrunedKeys): void {
  for (const file of removed) process.stdout.write(`removed ${file}\n`)
  for (const { file, until } of kept) {
    const why = until === undefined ? '' : `, needed until ${formatInstant(until)}`
    process.stdout.write(`kept ${file}${why}\n`)
  }
}
