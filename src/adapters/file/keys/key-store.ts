import path from 'node:path'
import type { Clock } from '../../../clock.ts'
import { messageOf, RauthError } from '../../../errors.ts'
import type { Log } from '../../../log.ts'
import {
  createKeySet,
  createVerificationKeySet,
  type KeySet,
  type KeySetOptions,
  type SigningKey,
  type SigningKeySet,
  type VerificationKey,
} from '../../../token/key-set.ts'
import { endOf } from '../certificates.ts'
import { createExpiryNotices, endedOf } from '../expiry-notices.ts'
import { createReloads } from '../reloads.ts'
import { createTrouble } from '../trouble.ts'
import { unreadable } from '../unreadable.ts'
import { watchDirectory, type WatchOptions } from '../watch.ts'
import { usableKeys } from './key-files.ts'
import { readKeyFolder, type KeyFolder } from './key-folder.ts'
import type { KeyForm } from './key-form.ts'
import { endingsOf, inTime, judge, type Found } from './key-judgement.ts'
import { KEY_PAIRS } from './key-pair.ts'
import { PUBLIC_KEYS } from './public-key.ts'

export interface FileKeyStoreOptions extends WatchOptions {
  readonly directory: string
  readonly clock: Clock
  readonly log: Log
  /** Called once for each state of the folder in which some key can't be used. */
  readonly onFailure: () => void
}

/** When something ends, by what it is known by; seconds since the epoch. */
export type Ends = ReadonlyMap<string, number>

export interface FileKeyStore extends KeySet {
  /** Whether there is a key. */
  ready(): boolean
  /** What is wrong with the folder, if anything is; also that what is in it has ended. */
  problem(): string | undefined
  /** By `kid` the certificates of the keys, by SHA-256 fingerprint the CAs. */
  ends(): { readonly keys: Ends; readonly authorities: Ends }
  /** Stops watching; what was loaded stays. */
  close(): void
}

export interface FileSigningKeyStore extends FileKeyStore, SigningKeySet {}

/** A folder of keys that sign. */
export async function createFileSigningKeyStore(
  options: FileKeyStoreOptions & KeySetOptions,
): Promise<FileSigningKeyStore> {
  const { store, current } = await openKeyStore<SigningKey, SigningKeySet>(options, {
    form: KEY_PAIRS,
    toSet: (keys) => createKeySet(keys, options),
    describe: (keys) => ({ signs: keys.active(options.clock()).kid }),
  })
  return {
    ...store,
    active(at) {
      const keys = current()
      if (keys !== undefined) return keys.active(at)
      throw new RauthError(
        'ERR_KEYS_UNREADABLE',
        `${options.directory} has no signing key any more`,
      )
    },
  }
}

/** A folder of public keys. */
export async function createFileVerificationKeyStore(
  options: FileKeyStoreOptions,
): Promise<FileKeyStore> {
  const { store } = await openKeyStore<VerificationKey, KeySet>(options, {
    form: PUBLIC_KEYS,
    toSet: createVerificationKeySet,
    describe: () => ({}),
  })
  return store
}

/** A kind of keys, and what is made of some of them. */
interface KeyKind<K extends VerificationKey, S extends KeySet> {
  readonly form: KeyForm<K>
  readonly toSet: (keys: readonly K[]) => S
  /** Fields of the log line that tells of them. */
  readonly describe: (keys: S) => object
}

/**
 * The keys of a folder, read again when something in it changes. At the start every key must be good.
 * Later each is judged by itself: a good new one joins, one that can't be used is told loudly and the
 * key that was under that name stays, and one whose file is gone verifies nothing from then on,
 * whatever else is wrong. A folder that can't be read at all says nothing about any key: all stay.
 */
async function openKeyStore<K extends VerificationKey, S extends KeySet>(
  options: FileKeyStoreOptions,
  { form, toSet, describe }: KeyKind<K, S>,
): Promise<{ readonly store: FileKeyStore; readonly current: () => S | undefined }> {
  const { clock, log } = options
  const directory = path.resolve(options.directory)
  const noticeExpiry = createExpiryNotices(log)
  let folder: KeyFolder<K>
  let found: Found<K> = new Map()
  let keys: readonly K[] = []
  let current: S | undefined

  function use(next: Found<K>): void {
    found = next
    const usable = inTime(next, clock())
    if (usable.length === keys.length && usable.every((key, i) => key === keys[i])) return
    keys = usable
    current = usable.length === 0 ? undefined : toSet(usable)
    log.info(
      { directory, keys: usable.map(({ kid }) => kid), ...(current && describe(current)) },
      'keys loaded',
    )
  }

  async function load(): Promise<void> {
    let next: KeyFolder<K>
    try {
      next = await readKeyFolder(directory, form, folder)
    } catch (thrown) {
      trouble.found(messageOf(thrown), messageOf(thrown))
      return
    }
    folder = next
    const judged = judge(next, found)
    const problems = [
      ...judged.problems,
      ...(judged.found.size === 0 ? [`${directory} has no ${form.what} any more`] : []),
    ]
    if (problems.length === 0) {
      if (trouble.over()) log.info({ directory }, 'all keys can be used again')
      use(judged.found)
    } else {
      const confirmed = trouble.found(judged.troubleId, problems.join('; '))
      // An empty folder may be one that is being filled anew.
      if (judged.found.size > 0 || confirmed) use(judged.found)
    }
    noticeExpiry(endingsOf(directory, found, form), clock())
  }

  /** At the start every key must be good, and none there twice. */
  async function start(): Promise<void> {
    folder = await readKeyFolder(directory, form)
    toSet(usableKeys(folder, directory, form, new Date(clock() * 1000)))
    use(judge(folder, found).found)
    noticeExpiry(endingsOf(directory, found, form), clock())
  }

  const reloads = createReloads(load, (error) => {
    trouble.lasts(messageOf(error), `${directory} cannot be read again: ${messageOf(error)}`)
  })
  const trouble = createTrouble({
    lookAgain: reloads.request,
    tell(problem) {
      options.onFailure()
      log.error({ directory, error: problem }, 'keys that cannot be used: those of before stay')
    },
  })

  // Watched before it is read, so that no change falls in between.
  const watch = watchDirectory(directory, reloads.request, options)
  function close(): void {
    reloads.close()
    trouble.close()
    watch.close()
  }
  try {
    await reloads.first(start)
  } catch (error) {
    close()
    if (error instanceof RauthError) throw error
    throw unreadable(directory, `cannot be read: ${messageOf(error)}`, 'see to its file system')
  }

  const store = {
    find: (kid: string) => current?.find(kid),
    jwks: () => current?.jwks() ?? { keys: [] },
    ready: () => current !== undefined,
    problem: () => trouble.problem() ?? endedOf(endingsOf(directory, found, form), clock()),
    ends: () => ({
      keys: new Map(keys.map(({ kid, notAfter }) => [kid, notAfter])),
      authorities: new Map(
        folder.authorities.map((authority) => [
          authority.fingerprint256.replaceAll(':', '').toLowerCase(),
          endOf(authority),
        ]),
      ),
    }),
    close,
  }
  return { store, current: () => current }
}
