import { existsSync } from 'node:fs'
import type { Config } from '../../config/schema.ts'
import { readKeys } from '../asking/offline.ts'
import { skipped } from './finding.ts'

/** The keys that sign, by files that are here; else what there is to be said of a check that needs them. */
export async function signingKeysHere(config: Config) {
  const place = config.keys.certificate ?? config.keys.directory
  if (!existsSync(place)) return skipped(`${place} is not here: ask where the keys are`)
  const { signingKeys } = await readKeys(config)
  return signingKeys ?? skipped('no key here signs: ask where the token service is')
}
