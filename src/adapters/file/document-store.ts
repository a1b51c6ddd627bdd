import { createHash } from 'node:crypto'
import path from 'node:path'
import { messageOf } from '../../errors.ts'
import type { Log } from '../../log.ts'
import { readDocumentText, type DocumentKind } from './document-text.ts'
import { createReloads } from './reloads.ts'
import { createTrouble } from './trouble.ts'
import { watchDirectory, type WatchOptions } from './watch.ts'

export interface FileDocumentOptions<T> extends WatchOptions {
  readonly file: string
  readonly kind: DocumentKind
  /** The text of the file → what it says. Throws what is wrong with it. */
  readonly parse: (text: string) => T
  /** How much that is, for the log. */
  readonly count: (said: T) => Readonly<Record<string, number>>
  readonly log: Log
  /** Called once for each state of the file that can't be used. */
  readonly onFailure: () => void
}

export interface FileDocument<T> {
  /** What it says now, whole: a reload puts another in its place. */
  current(): T
  /** What is wrong with the file, if anything is. */
  problem(): string | undefined
  /** Stops watching; what was loaded stays. */
  close(): void
}

/** What a document says, and the version of the text that it was made of. */
interface Loaded<T> {
  readonly said: T
  readonly version: string
}

/**
 * A document in a file, read again when its folder changes. At the start it must be good. Later what
 * can't be used is told loudly, and what it said before stays.
 */
export async function openFileDocument<T>(
  options: FileDocumentOptions<T>,
): Promise<FileDocument<T>> {
  const { file, kind, log } = options
  const reloads = createReloads(load, (error) => {
    trouble.lasts(messageOf(error), messageOf(error))
  })
  const trouble = createTrouble({
    lookAgain: reloads.request,
    tell(error) {
      options.onFailure()
      log.error(
        { file, error },
        `${kind.name} file that cannot be used: the ${kind.name} of before stays`,
      )
    },
  })
  let loaded: Loaded<T>

  async function read(known?: Loaded<T>): Promise<Loaded<T>> {
    const text = await readDocumentText(file, kind)
    const version = createHash('sha256').update(text).digest('hex').slice(0, 12)
    return version === known?.version ? known : { said: options.parse(text), version }
  }

  async function load(): Promise<void> {
    let next: Loaded<T>
    try {
      next = await read(loaded)
    } catch (thrown) {
      trouble.found(messageOf(thrown), messageOf(thrown))
      return
    }
    if (trouble.over()) log.info({ file }, `${kind.name} file can be used again`)
    if (next !== loaded) use(next)
  }

  function use(next: Loaded<T>): void {
    loaded = next
    const { said, version } = next
    log.info({ file, version, ...options.count(said) }, `${kind.name} loaded`)
  }

  // Watched before it is read, so that no change falls in between.
  const watch = watchDirectory(path.dirname(file), reloads.request, options)
  function close(): void {
    reloads.close()
    trouble.close()
    watch.close()
  }
  try {
    await reloads.first(async () => {
      use(await read())
    })
  } catch (error) {
    close()
    throw error
  }
  return { current: () => loaded.said, problem: () => trouble.problem(), close }
}
