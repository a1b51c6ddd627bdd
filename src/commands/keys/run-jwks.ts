import { loadKeySet } from '../../adapters/file/keys/key-files.ts'
import { printJson } from '../output.ts'
import { placeOf } from './place.ts'
import type { PlaceOptions } from './subcommand.ts'

/** `rauth keys jwks`. */
export async function runJwks(where: PlaceOptions): Promise<void> {
  const keys = await loadKeySet(placeOf(where).directory, new Date())
  printJson(keys.jwks())
}
