import { readBundle } from '../../adapters/file/keys/key-bundle.ts'
import { placeOf } from './place.ts'
import type { PlaceOptions } from './subcommand.ts'

/** `rauth keys bundle`. */
export async function runBundle({
  leaves,
  ...where
}: PlaceOptions & { leaves?: true }): Promise<void> {
  const { directory } = placeOf(where)
  const options = { directory, leaves: leaves ?? false, now: new Date() }
  process.stdout.write(await readBundle(options))
  if (leaves) process.stderr.write('registry 2.8 finds no key by its kid: there it takes x5c\n')
}
