import path from 'node:path'
import type { Clock } from '../../../clock.ts'
import type { Credential, CredentialStore } from '../../../credentials/credential.ts'
import { createCredentialIndex } from '../../../credentials/credential-index.ts'
import type { SecretOptions } from '../../../credentials/secret/secret-format.ts'
import type { ListedNamespace } from '../../../credentials/listed-namespace.ts'
import { countSecrets, endedNote } from '../../../credentials/standing.ts'
import { messageOf, RauthError } from '../../../errors.ts'
import type { Log } from '../../../log.ts'
import { createReloads } from '../reloads.ts'
import { remedyFor } from '../unreadable.ts'
import { listedNamespaces, MORE_THAN_ONE, unusableNamespaces } from './listed-namespaces.ts'
import { readSecretFiles, type SecretFiles } from './secret-files.ts'
import { watchDirectory, type WatchOptions } from '../watch.ts'

export interface FileSecretStoreOptions extends SecretOptions, WatchOptions {
  /** Holds one Secret manifest or more in each `*.yaml`, `*.yml` and `*.json`. */
  readonly directory: string
  readonly clock: Clock
  readonly log: Log
}

export interface FileSecretStore extends CredentialStore {
  /** Each credential, once. */
  all(): Iterable<Credential>
  /** Another value whenever `all` may have others. */
  revision(): unknown
  /** Why the directory can't be read, while it can't. */
  problem(): string | undefined
  /** Each namespace with what its Secret is good for. */
  listed(): Iterable<ListedNamespace>
  /** Stops watching; what was loaded stays. */
  close(): void
}

/** Lines that one load may log: a file of thousands of mistakes must not fill the log. */
const MAX_NOTES = 20

/** Something that an operator should know of, once. */
interface Note {
  readonly level: 'warn' | 'error'
  readonly fields: object
  readonly message: string
}

/**
 * The credentials in a directory of Secret manifests, read again when something in it changes. A
 * manifest that is gone revokes its credential; one that can't be used disables its namespace and no
 * other. A directory that can't be read at all says nothing about any credential: the last ones stay.
 */
export async function createFileSecretStore(
  options: FileSecretStoreOptions,
): Promise<FileSecretStore> {
  const { clock, log } = options
  const directory = path.resolve(options.directory)
  let files: SecretFiles | undefined
  let index = createCredentialIndex([])
  let unusable: ReadonlyMap<string, string> = new Map()
  let told: ReadonlySet<string> = new Set()
  let failure: string | undefined

  async function load(): Promise<void> {
    const next = await readSecretFiles(directory, files, options)
    if (failure !== undefined) log.info({ directory }, 'credentials directory readable again')
    failure = undefined
    if (next === files) return
    const gone = goneSince(files, next)
    files = next
    const now = clock()
    const { credentials, notes } = judge(files, now)
    index = createCredentialIndex(credentials)
    unusable = unusableNamespaces(files, options.secretName)

    const texts = new Map(notes.map((note) => [JSON.stringify(note), note]))
    const fresh = [...texts].filter(([text]) => !told.has(text)).map(([, note]) => note)
    for (const { level, fields, message } of fresh.slice(0, MAX_NOTES)) log[level](fields, message)
    if (fresh.length > MAX_NOTES) {
      log.error({ directory, more: fresh.length - MAX_NOTES }, 'more of the same kind')
    }
    told = new Set(texts.keys())
    const { secretName } = options
    const counts = countSecrets(listedNamespaces(files), now)
    const ignored = [...files.values()].reduce((sum, file) => sum + file.ignored, 0)
    log.info(
      {
        ...{ directory, files: files.size, credentials: credentials.length, ...counts },
        ...(gone.length === 0 ? {} : { gone }),
        // A Secret of another name is nobody's mistake in a dump of all, and one in a folder of rauth's.
        ...(ignored === 0 ? {} : { ignored, reason: `not a Secret named ${secretName}` }),
      },
      'credentials loaded',
    )
    if (counts.usable === 0) {
      log.warn({ directory, secretName }, 'no credentials in force: every login is refused')
    }
  }

  const reloads = createReloads(load, (error) => {
    const found = messageOf(error)
    if (found === failure) return
    failure = found
    log.error(
      { directory, error: failure },
      'credentials directory unreadable: the credentials of the last load stay in force',
    )
  })

  // Watched before it is read, so that no change falls in between.
  const watch = watchDirectory(directory, reloads.request, options)
  function close(): void {
    reloads.close()
    watch.close()
  }
  try {
    await reloads.first()
  } catch (error) {
    close()
    throw new RauthError(
      'ERR_CREDENTIALS_UNREADABLE',
      `credentials directory ${directory} cannot be read (${messageOf(error)}): ` +
        remedyFor(
          error,
          `create it and put a Secret manifest named ${options.secretName} for each namespace into ` +
            'it, or set credentials.directory to where they are',
        ),
      { cause: error },
    )
  }

  return {
    ready: () => true,
    problem: () => failure,
    all: () => index.all(),
    revision: () => index,
    listed: () => listedNamespaces(files ?? new Map()),
    byUsername: (username) => index.byUsername(username),
    find: (reference) => index.find(reference),
    bcryptCost: () => index.bcryptCost(),
    unusable: (namespace) => unusable.get(namespace),
    close,
  }
}

/** Namespaces that had a Secret and have none any more, as many as a line has room for. */
function goneSince(before: SecretFiles | undefined, next: SecretFiles): readonly string[] {
  const there = new Set([...next.values()].flatMap(({ namespaces }) => namespaces))
  const had = new Set([...(before?.values() ?? [])].flatMap(({ namespaces }) => namespaces))
  return [...had].filter((namespace) => !there.has(namespace)).slice(0, MAX_NOTES)
}

/**
 * The credentials of all files together. A namespace has one Secret: with two, nothing tells which is
 * meant, and neither counts.
 */
function judge(
  files: SecretFiles,
  now: number,
): {
  readonly credentials: readonly Credential[]
  readonly notes: readonly Note[]
} {
  const places = new Map<string, string[]>()
  for (const [file, { namespaces }] of files) {
    for (const namespace of namespaces) {
      places.set(namespace, [...(places.get(namespace) ?? []), file])
    }
  }
  const credentials: Credential[] = []
  const notes: Note[] = []
  for (const [namespace, found] of places) {
    if (found.length > 1) {
      notes.push(disabled({ namespace, files: found, problem: MORE_THAN_ONE }))
    }
  }
  for (const [file, { readings, lost, slips }] of files) {
    for (const name of slips) notes.push(slip({ file, name }))
    for (const reading of readings) {
      if (reading.kind === 'problem') {
        const { namespace, problem } = reading
        const dead = lost.filter((name) => !places.has(name))
        if (namespace !== undefined) notes.push(disabled({ file, namespace, problem }))
        else if (dead.length > 0) notes.push(disabled({ file, namespaces: dead, problem }))
        else notes.push(ignored({ file, problem }))
      }
      if (reading.kind !== 'credentials') continue
      const { namespace, warnings } = reading
      for (const warning of warnings) {
        notes.push({ level: 'warn', fields: { file, namespace }, message: warning })
      }
      if (places.get(namespace)?.length !== 1) continue
      credentials.push(...reading.credentials)
      const ended = endedNote(reading.credentials, now)
      if (ended !== undefined) {
        notes.push({ level: 'warn', fields: { file, namespace }, message: ended })
      }
    }
  }
  return { credentials, notes }
}

function disabled(fields: object): Note {
  return { level: 'error', fields, message: 'Secret manifest unusable: its namespace is disabled' }
}

function slip(fields: object): Note {
  return {
    ...{ level: 'warn', fields },
    message: 'a Secret that is not looked at, for its name: is it misspelt?',
  }
}

/** Of a file that does not even say whose it is. */
function ignored(fields: object): Note {
  return {
    level: 'error',
    fields,
    message: 'Secret manifest unusable, and nothing in it says of which namespace',
  }
}
