import path from 'node:path'
import { endOf } from '../../adapters/file/certificates.ts'
import { AUTHORITY } from '../../adapters/file/keys/key-certificate.ts'
import { readKeyFolder, type KeyFolder } from '../../adapters/file/keys/key-folder.ts'
import { KEY_PAIRS } from '../../adapters/file/keys/key-pair.ts'
import { datedKeys } from '../../adapters/file/keys/key-pruning.ts'
import { RauthError } from '../../errors.ts'
import { formatInstant } from '../../instant.ts'
import type { Algorithm } from '../../token/algorithms.ts'
import type { SigningKey } from '../../token/key-set.ts'
import type { KeyTimeline } from '../../token/key-timeline.ts'
import { printJson, say } from '../output.ts'
import { formatTable } from '../table.ts'
import { placeOf, sayTimes, type Place } from './place.ts'
import type { PlaceOptions } from './subcommand.ts'

/** One line of `keys list`. */
interface ListedKey {
  readonly kid: string
  readonly algorithm: Algorithm
  readonly file: string
  readonly state: KeyTimeline['state']
  readonly signsFrom: string
  readonly neededUntil?: string
  readonly expires: string
}

interface Listing {
  readonly keys: readonly ListedKey[]
  readonly authorities: readonly { fingerprint: string; file: string; expires: string }[]
  readonly problems: readonly { file: string; problem: string }[]
}

/** `rauth keys list`. */
export async function runList({
  output,
  ...where
}: PlaceOptions & { output: 'table' | 'json' }): Promise<void> {
  const place = placeOf(where)
  const listing = listingOf(await readKeyFolder(place.directory, KEY_PAIRS), place, new Date())
  if (output === 'json') printJson(listing)
  else process.stdout.write(tableOf(listing))
  sayTimes(place)
  say(listing.problems.map(({ problem }) => problem))
  if (listing.problems.length > 0 || listing.keys.length === 0) process.exitCode = 1
}

function listingOf(folder: KeyFolder<SigningKey>, { directory, times }: Place, now: Date): Listing {
  const keyFile = (name: string) => path.join(directory, `${name}.key`)
  return {
    keys: datedKeys(folder, now, times).map(({ name, timeline }) => {
      const { key, state, signsFrom, neededUntil } = timeline
      return {
        ...{ kid: key.kid, algorithm: key.algorithm, file: keyFile(name), state },
        signsFrom: formatInstant(signsFrom),
        ...(neededUntil !== undefined && { neededUntil: formatInstant(neededUntil) }),
        expires: formatInstant(key.notAfter),
      }
    }),
    authorities: folder.authorities.map((authority) => ({
      fingerprint: authority.fingerprint256,
      file: path.join(directory, `${AUTHORITY}.crt`),
      expires: formatInstant(endOf(authority)),
    })),
    problems: folder.entries.flatMap(({ name, found }) =>
      found instanceof RauthError ? { file: keyFile(name), problem: found.message } : [],
    ),
  }
}

function tableOf({ keys, authorities, problems }: Listing): string {
  return formatTable([
    ['KEY ID', 'ALGORITHM', 'FILE', 'STATE', 'EXPIRES'],
    ...keys.map((key) => [key.kid, key.algorithm, key.file, stateText(key), key.expires]),
    ...problems.map(({ file }) => ['-', '-', file, 'cannot be used', '-']),
    ...authorities.map(({ file, expires }) => ['-', '-', file, 'CA', expires]),
  ])
}

function stateText({ state, signsFrom, neededUntil }: ListedKey): string {
  switch (state) {
    case 'waits':
      return `verifies, signs from ${signsFrom}`
    case 'signs':
      return 'signs'
    case 'verifies':
      return neededUntil === undefined ? 'verifies' : `verifies until ${neededUntil}`
    case 'over':
      return 'verifies, can be pruned'
    case 'expired':
      return 'expired'
  }
}
