import { existsSync } from 'node:fs'
import path from 'node:path'
import { Command, InvalidArgumentError, Option } from 'commander'
import { readBundle } from '../adapters/file/key-bundle.ts'
import { formatMoment, loadKeySet } from '../adapters/file/key-files.ts'
import { readKeyFolder, type KeyFolder } from '../adapters/file/key-folder.ts'
import { AUTHORITY, endOf } from '../adapters/file/key-pair.ts'
import { datedKeys, pruneKeys, type PrunedKeys } from '../adapters/file/key-pruning.ts'
import { loadConfig, USUAL_FILE } from '../config/read.ts'
import { lifetimesOf } from '../config/lifetimes.ts'
import { schema, type Config } from '../config/schema.ts'
import { RauthError } from '../errors.ts'
import { ALGORITHM_NAMES, algorithmFacts, type Algorithm } from '../token/algorithms.ts'
import type { KeyTimeline, KeyTimes } from '../token/key-timeline.ts'
import { addConfigOption, configFile, type ConfigOption } from './config-option.ts'
import { formatTable } from './table.ts'

export function keysCommand(): Command {
  return new Command('keys')
    .description('Signing keys: make, rotate, list and publish them.')
    .exitOverride()
    .addCommand(initCommand())
    .addCommand(rotateCommand())
    .addCommand(listCommand())
    .addCommand(jwksCommand())
    .addCommand(bundleCommand())
}

/** Where the keys are and which times they live by: from a configuration, or its defaults. */
interface Place {
  readonly directory: string
  /** Where the times are from: those of another configuration would be wrong without a word. */
  readonly source: string
  readonly times: KeyTimes
}

interface PlaceOptions extends ConfigOption {
  readonly directory?: string
}

function keysSubcommand(name: string, description: string): Command {
  return addConfigOption(new Command(name))
    .description(description)
    .option('-d, --directory <directory>', 'where the keys live (default: keys.directory, or keys)')
    .addHelpText(
      'after',
      '\nThe configuration tells keys.directory, keys.publishAhead and how long tokens live.',
    )
    .exitOverride()
}

function placeOf({ directory, ...named }: PlaceOptions): Place {
  const file = configFile(named) ?? (existsSync(USUAL_FILE) ? USUAL_FILE : undefined)
  const config = file === undefined ? undefined : loadConfig(file, process.env)
  const keys = config?.keys ?? schema.shape.keys.parse({})
  return {
    directory: directory ?? keys.directory,
    source: file ?? `the defaults, for want of --config and of ${USUAL_FILE}`,
    times: timesOf({ keys, token: config?.token ?? schema.shape.token.parse({}) }),
  }
}

function sayTimes({ times, source }: Place): void {
  const { publishAhead, expiry } = times
  process.stderr.write(
    `keys.publishAhead ${publishAhead} s, longest token ${expiry} s (from ${source})\n`,
  )
}

/** A key is needed as long as the longest-lived thing that it signs. */
function timesOf({ keys, token }: Pick<Config, 'keys' | 'token'>): KeyTimes {
  const { refresh, leeway, algorithm } = token
  const { expiry, pushExpiry } = lifetimesOf({ token })
  const longest = Math.max(expiry, pushExpiry, refresh.enabled ? refresh.expiry : 0)
  return { publishAhead: keys.publishAhead, expiry: longest, leeway, algorithm }
}

const algorithmOption = () =>
  new Option('-a, --algorithm <algorithm>', 'of a new signing key').choices(ALGORITHM_NAMES)

const daysOption = () =>
  new Option('--days <days>', 'lifetime of its certificate').argParser(parseDays)

function parseDays(text: string): number {
  const days = Number(text)
  if (Number.isInteger(days) && days >= 1 && days <= 3650) return days
  throw new InvalidArgumentError('a whole number of days from 1 to 3650')
}

const NOT_FOR_REGISTRY_2 = ALGORITHM_NAMES.filter((name) => !algorithmFacts(name).registry2)
const ALGORITHM_HELP =
  `Registry 2.8 does not verify ${NOT_FOR_REGISTRY_2.join(', ')}, and does not start with a CA of it.\n` +
  'Registry 3 verifies all.'

interface InitOptions {
  readonly directory: string
  readonly algorithm: Algorithm
  readonly days?: number
}

function initCommand(): Command {
  return new Command('init')
    .description(
      'Make what is missing: a CA, a signing key with a certificate under it, and the binding key.',
    )
    .requiredOption('-d, --directory <directory>', 'where the keys live', 'keys')
    .addOption(algorithmOption().default('ES256'))
    .addOption(daysOption())
    .addHelpText(
      'after',
      '\nGive ca.crt to the registry as auth.token.rootcertbundle. Keep ca.key away from everybody.\n' +
        ALGORITHM_HELP,
    )
    .exitOverride()
    .action(async (options: InitOptions, command: Command) => {
      // Making certificates takes a library that only this and rotate need.
      const { initializeKeys } = await import('../adapters/file/key-maker.ts')
      const made = await initializeKeys({ ...options, now: new Date() })
      for (const name of made.created) process.stdout.write(`created ${name}\n`)
      for (const name of made.found) process.stdout.write(`kept ${name}\n`)
      const keys = await loadKeySet(options.directory, new Date())
      const { algorithm } = keys.active(Date.now() / 1000)
      if (command.getOptionValueSource('algorithm') === 'cli' && algorithm !== options.algorithm) {
        throw new RauthError(
          'ERR_KEYS_UNREADABLE',
          `the signing key that was kept is for ${algorithm}; next: ` +
            `rauth keys rotate -a ${options.algorithm} -d ${options.directory}`,
        )
      }
    })
}

interface RotateOptions extends PlaceOptions {
  readonly algorithm?: Algorithm
  readonly days?: number
  readonly prune?: true
}

function rotateCommand(): Command {
  return keysSubcommand('rotate', 'Make the next signing key under the CA; later remove old ones.')
    .addOption(algorithmOption())
    .addOption(daysOption())
    .addOption(
      new Option(
        '--prune',
        'make none, but remove keys that no living token is signed with',
      ).conflicts(['algorithm', 'days']),
    )
    .addHelpText(
      'after',
      '\nThe new key is published as soon as rauth sees it and signs keys.publishAhead later; the old\n' +
        'one verifies on until --prune removes it. It takes ca.key, which may be kept elsewhere until\n' +
        `then. Without -a the algorithm stays.\n${ALGORITHM_HELP}\n` +
        'A registry that has rootcertbundle and gets tokens with x5c needs nothing. One with a jwks\n' +
        'file: give it the output of "rauth keys jwks" and restart it before the new key signs.',
    )
    .action(async ({ prune, algorithm, days, ...where }: RotateOptions) => {
      const place = placeOf(where)
      const { directory, times } = place
      const now = new Date()
      if (prune) {
        sayTimes(place)
        printPruned(await pruneKeys(directory, now, times))
        return
      }
      const { rotateKeys } = await import('../adapters/file/key-rotation.ts')
      const created = await rotateKeys({
        ...{ directory, now },
        ...(algorithm === undefined ? {} : { algorithm }),
        ...(days === undefined ? {} : { days }),
      })
      for (const name of created) process.stdout.write(`created ${name}\n`)
      const from = formatMoment(Math.floor(now.getTime() / 1000) + times.publishAhead)
      sayTimes(place)
      process.stderr.write(`the new key signs from ${from}\n`)
    })
}

function printPruned({ removed, kept }: PrunedKeys): void {
  for (const file of removed) process.stdout.write(`removed ${file}\n`)
  for (const { file, until } of kept) {
    const why = until === undefined ? '' : `, needed until ${formatMoment(until)}`
    process.stdout.write(`kept ${file}${why}\n`)
  }
}

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

function listCommand(): Command {
  return keysSubcommand('list', 'What each key is and does; exit 1 if one cannot be used.')
    .addOption(
      new Option('-o, --output <format>', 'how').choices(['table', 'json']).default('table'),
    )
    .action(async ({ output, ...where }: PlaceOptions & { output: 'table' | 'json' }) => {
      const place = placeOf(where)
      const listing = listingOf(await readKeyFolder(place.directory), place, new Date())
      process.stdout.write(
        output === 'json' ? `${JSON.stringify(listing, null, 2)}\n` : tableOf(listing),
      )
      sayTimes(place)
      for (const { problem } of listing.problems) process.stderr.write(`${problem}\n`)
      if (listing.problems.length > 0 || listing.keys.length === 0) process.exitCode = 1
    })
}

function listingOf(folder: KeyFolder, { directory, times }: Place, now: Date): Listing {
  const keyFile = (name: string) => path.join(directory, `${name}.key`)
  return {
    keys: datedKeys(folder, now, times).map(({ name, timeline }) => {
      const { key, state, signsFrom, neededUntil } = timeline
      return {
        ...{ kid: key.kid, algorithm: key.algorithm, file: keyFile(name), state },
        signsFrom: formatMoment(signsFrom),
        ...(neededUntil !== undefined && { neededUntil: formatMoment(neededUntil) }),
        expires: formatMoment(key.notAfter),
      }
    }),
    authorities: folder.authorities.map((authority) => ({
      fingerprint: authority.fingerprint256,
      file: path.join(directory, `${AUTHORITY}.crt`),
      expires: formatMoment(endOf(authority)),
    })),
    problems: folder.pairs.flatMap(({ name, found }) =>
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

function jwksCommand(): Command {
  return keysSubcommand('jwks', 'Print the public keys as a JWKS, for a registry or a verifier.')
    .addHelpText(
      'after',
      "\nFor a registry's auth.token.jwks it takes token.x5c: false: with a chain in the token a registry\n" +
        'that has nothing but a jwks file refuses it. Registries read the file only when they start.',
    )
    .action(async (where: PlaceOptions) => {
      const keys = await loadKeySet(placeOf(where).directory, new Date())
      process.stdout.write(`${JSON.stringify(keys.jwks(), null, 2)}\n`)
    })
}

function bundleCommand(): Command {
  return keysSubcommand('bundle', "Print what a registry's auth.token.rootcertbundle must hold.")
    .option('--leaves', 'the certificates of the keys as well, for tokens without x5c')
    .addHelpText(
      'after',
      '\nWith x5c in the tokens (the default) the CA is all that a registry needs, and it stays.\n' +
        'Without, registry 3 finds a key among --leaves by its kid, and must be restarted after each\n' +
        'rotation. Registry 2.8 computes kids in a way of its own (libtrust), which no token of rauth\n' +
        'has: there only x5c works.',
    )
    .action(async ({ leaves, ...where }: PlaceOptions & { leaves?: true }) => {
      const { directory } = placeOf(where)
      const options = { directory, leaves: leaves ?? false, now: new Date() }
      process.stdout.write(await readBundle(options))
      if (leaves) process.stderr.write('registry 2.8 finds no key by its kid: there it takes x5c\n')
    })
}
