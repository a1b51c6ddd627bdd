import { createHash } from 'node:crypto'
import path from 'node:path'
import type { Clock } from '../../clock.ts'
import { messageOf, RauthError } from '../../errors.ts'
import type { Log } from '../../log.ts'
import type { Algorithm } from '../../token/algorithms.ts'
import { createKeySet, newestFirst, type KeySet, type SigningKey } from '../../token/key-set.ts'
import { createExpiryNotices, type Ending } from './key-expiry.ts'
import { usableKeys } from './key-files.ts'
import { readKeyFolder, type KeyFolder } from './key-folder.ts'
import { AUTHORITY, endOf, type FoundKey } from './key-pair.ts'
import { createReloads } from './reloads.ts'
import { createTrouble } from './trouble.ts'
import { watchDirectory, type WatchOptions } from './watch.ts'

export interface FileKeyStoreOptions extends WatchOptions {
  readonly directory: string
  /** Seconds for which a key is published before it signs. */
  readonly publishAhead: number
  /** The algorithm to sign with as long as there is a key for it. */
  readonly algorithm?: Algorithm | undefined
  readonly clock: Clock
  readonly log: Log
  /** Called once for each state of the folder in which some key can't be used. */
  readonly onFailure: () => void
}

/** When something ends, by what it is known by; seconds since the epoch. */
export type Ends = ReadonlyMap<string, number>

export interface FileKeyStore extends KeySet {
  /** Whether there is a key to sign with. */
  ready(): boolean
  /** What is wrong with the folder, if anything is. */
  problem(): string | undefined
  /** By `kid` the certificates of the keys, by SHA-256 fingerprint the CAs. */
  ends(): { readonly keys: Ends; readonly authorities: Ends }
  /** Stops watching; what was loaded stays. */
  close(): void
}

/** A key of the folder, under the name of its pair. */
type Found = ReadonlyMap<string, FoundKey>

interface Judgement {
  readonly found: Found
  readonly problems: readonly string[]
  /** Equal while what is wrong is the same. */
  readonly troubleId: string
}

/**
 * The keys of a folder, read again when something in it changes. At the start every pair must be good.
 * Later each is judged by itself: a good new one joins, one that can't be used is told loudly and the
 * key that was under that name stays, and one whose file is gone verifies nothing from then on,
 * whatever else is wrong. A folder that can't be read at all says nothing about any key: all stay.
 */
export async function createFileKeyStore(options: FileKeyStoreOptions): Promise<FileKeyStore> {
  const { clock, log, publishAhead, algorithm } = options
  const directory = path.resolve(options.directory)
  const noticeExpiry = createExpiryNotices(log)
  let folder: KeyFolder
  let found: Found = new Map()
  let keys: readonly SigningKey[] = []
  let current: KeySet | undefined
  const reloads = createReloads(load, (error) => {
    log.error({ directory, error: messageOf(error) }, 'keys could not be read again')
  })
  const trouble = createTrouble({
    lookAgain: () => {
      reloads.request()
    },
    tell(problem) {
      options.onFailure()
      log.error({ directory, error: problem }, 'keys that cannot be used: those of before stay')
    },
  })

  function use(next: Found): void {
    found = next
    const usable = inTime(next, clock())
    if (usable.length === keys.length && usable.every((key, i) => key === keys[i])) return
    keys = usable
    current = usable.length === 0 ? undefined : createKeySet(usable, { publishAhead, algorithm })
    log.info(
      { directory, keys: usable.map(({ kid }) => kid), signs: current?.active(clock()).kid },
      'keys loaded',
    )
  }

  async function load(): Promise<void> {
    let next: KeyFolder
    try {
      next = await readKeyFolder(directory, folder)
    } catch (thrown) {
      trouble.found(messageOf(thrown), messageOf(thrown))
      return
    }
    folder = next
    const judged = judge(next, found)
    const problems = [
      ...judged.problems,
      ...(judged.found.size === 0 ? [`${directory} has no signing key any more`] : []),
    ]
    if (problems.length === 0) {
      if (trouble.over()) log.info({ directory }, 'all keys can be used again')
      use(judged.found)
    } else {
      const confirmed = trouble.found(judged.troubleId, problems.join('; '))
      // An empty folder may be one that is being filled anew.
      if (judged.found.size > 0 || confirmed) use(judged.found)
    }
    noticeExpiry(endingsOf(directory, found), clock())
  }

  // Watched before it is read, so that no change falls in between.
  const watch = watchDirectory(
    directory,
    () => {
      reloads.request()
    },
    options,
  )
  async function start(): Promise<void> {
    folder = await readKeyFolder(directory)
    // Refuses a key that is there twice, too.
    createKeySet(usableKeys(folder, directory, new Date(clock() * 1000)))
    use(judge(folder, found).found)
    noticeExpiry(endingsOf(directory, found), clock())
  }
  try {
    await reloads.first(start)
  } catch (error) {
    watch.close()
    throw error
  }

  return {
    active(at) {
      if (current !== undefined) return current.active(at)
      throw new RauthError('ERR_KEYS_UNREADABLE', `${directory} has no signing key any more`)
    },
    find: (kid) => current?.find(kid),
    jwks: () => current?.jwks() ?? { keys: [] },
    ready: () => current !== undefined,
    problem: () => trouble.problem(),
    ends: () => ({
      keys: new Map(keys.map(({ kid, notAfter }) => [kid, notAfter])),
      authorities: new Map(
        folder.authorities.map((authority) => [
          authority.fingerprint256.replaceAll(':', '').toLowerCase(),
          endOf(authority),
        ]),
      ),
    }),
    close() {
      reloads.close()
      trouble.close()
      watch.close()
    },
  }
}

/** The keys of a folder, with those of before where a pair can't be used now. */
function judge({ pairs }: KeyFolder, before: Found): Judgement {
  const found = new Map<string, FoundKey>()
  const names = new Map<string, string>()
  const problems: string[] = []
  const troubles = createHash('sha256')
  for (const { name, fingerprint, found: read } of pairs) {
    const usable = read instanceof RauthError ? before.get(name) : read
    const twin = usable && names.get(usable.key.kid)
    if (read instanceof RauthError || twin !== undefined) {
      const same = `${name}.key is the same key as ${twin ?? ''}.key: remove one`
      problems.push(read instanceof RauthError ? read.message : same)
      troubles.update(`${name} ${fingerprint}\n`)
    }
    if (usable === undefined || twin !== undefined) continue
    names.set(usable.key.kid, name)
    found.set(name, usable)
  }
  return { found, problems, troubleId: troubles.digest('base64') }
}

/** Those whose certificate has not ended; all of them if all have, which is told elsewhere. */
function inTime(found: Found, at: number): readonly SigningKey[] {
  const all = newestFirst([...found.values()].map(({ key }) => key))
  const good = all.filter(({ notAfter }) => at < notAfter)
  return good.length > 0 ? good : all
}

const HARM = 'registries refuse its tokens'

/** What ends last: as long as one certificate is good, an older one may end. */
function endingsOf(directory: string, found: Found): readonly Ending[] {
  const latest = [...found].sort(([, a], [, b]) => b.key.notAfter - a.key.notAfter)[0]
  if (latest === undefined) return []
  const [name, { key, trustedUntil }] = latest
  const endings = [
    {
      file: path.join(directory, `${name}.crt`),
      notAfter: key.notAfter,
      ...{ next: `rauth keys rotate --directory ${directory}`, harm: HARM },
    },
  ]
  if (trustedUntil === undefined) return endings
  const next = 'make a new CA, and give it to every registry before the keys change'
  const file = path.join(directory, `${AUTHORITY}.crt`)
  return [...endings, { file, notAfter: trustedUntil, next, harm: HARM }]
}
