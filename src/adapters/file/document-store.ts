import { createHash } from 'node:crypto'
import path from 'node:path'
import { messageOf, RauthError } from '../../errors.ts'
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
  /** Why what a text says seems to be a part of what it should, beside what it said before; else nothing. */
  readonly lost?: (next: DocumentText<T>, before: DocumentText<T>) => string | undefined
  /** What the same file said to whoever had it open before: it is judged beside that from the start. */
  readonly before?: readonly DocumentText<T>[] | undefined
  readonly log: Log
  /** Called once for each state of the file that can't be used. */
  readonly onFailure: () => void
}

/** The text of a document, and what it says. */
export interface DocumentText<T> {
  readonly text: string
  readonly said: T
}

export interface FileDocument<T> {
  /** What it says now, whole: a reload puts another in its place. */
  current(): T
  /** The text of that and, where the file has only grown since, the one that was there before it began to. */
  texts(): readonly DocumentText<T>[]
  /** What is wrong with the file, if anything is. */
  problem(): string | undefined
  /** Reads it again, and takes also what seems to be a part of it: somebody asks for that. */
  request(): void
  /** Stops watching; what was loaded stays. */
  close(): void
}

interface Loaded<T> extends DocumentText<T> {
  /** Of the text. */
  readonly version: string
}

/**
 * A document in a file, read again when its folder changes. At the start it must be good. Later what
 * can't be used is told loudly, and what it said before stays; so does it when the file seems to be a part
 * of what it should be, until somebody asks for it.
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
  /** What was loaded before it. A file that is written slowly is each of its beginnings for a while. */
  let earlier: DocumentText<T> | undefined
  let asked = false

  async function read(known?: Loaded<T>): Promise<Loaded<T>> {
    const text = await readDocumentText(file, kind)
    const version = createHash('sha256').update(text).digest('hex').slice(0, 12)
    return version === known?.version ? known : { text, said: options.parse(text), version }
  }

  function refusePart(next: Loaded<T>, beside: readonly DocumentText<T>[]): void {
    for (const one of beside) {
      const lost = one.text === next.text ? undefined : options.lost?.(next, one)
      if (lost !== undefined) throw new RauthError('ERR_CONFIG_INVALID', `${file}: ${lost}`)
    }
  }

  function texts(): readonly DocumentText<T>[] {
    return earlier === undefined ? [loaded] : [loaded, earlier]
  }

  async function load(): Promise<void> {
    let next: Loaded<T>
    let beside: readonly DocumentText<T>[] = []
    const wasAsked = asked
    asked = false
    try {
      next = await read(loaded)
      if (next !== loaded && !wasAsked) {
        beside = besideOf(next, texts())
        refusePart(next, beside)
      }
    } catch (thrown) {
      trouble.found(messageOf(thrown), messageOf(thrown))
      return
    }
    if (trouble.over()) log.info({ file }, `${kind.name} file can be used again`)
    if (next === loaded) return
    earlier = beside.at(-1)
    use(next)
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
      const next = await read()
      const beside = besideOf(next, options.before ?? [])
      refusePart(next, beside)
      earlier = beside.at(-1)
      use(next)
    })
  } catch (error) {
    close()
    throw error
  }
  return {
    current: () => loaded.said,
    texts,
    problem: () => trouble.problem(),
    request() {
      asked = true
      reloads.request()
    },
    close,
  }
}

/** What a text is judged beside: the one before and, where it only goes on that one, what was there before it, too. */
function besideOf<T>(
  { text }: DocumentText<T>,
  [latest, ...others]: readonly DocumentText<T>[],
): readonly DocumentText<T>[] {
  if (latest === undefined) return []
  return text.startsWith(latest.text) ? [latest, ...others] : [latest]
}
