import { publishKeys } from '../../adapters/file/keys/key-publication.ts'
import { placeOf } from './place.ts'
import type { PlaceOptions } from './subcommand.ts'

/** `rauth keys public`. */
export async function runPublic(target: string, where: PlaceOptions): Promise<void> {
  const { directory } = placeOf(where)
  const { written, removed } = await publishKeys({ directory, target, now: new Date() })
  for (const file of written) process.stdout.write(`wrote ${file}\n`)
  for (const file of removed) process.stdout.write(`removed ${file}\n`)
}
