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
  /** What the same file said until now, where somebody else had it open. */
  readonly before?: DocumentText<T> | undefined
  /** The text of the file that others took who serve as one with this process: what can't be taken is no reason to end. */
  readonly taken?: string | undefined
  readonly log: Log
  /** Called once for each state of the file that can't be used. */
  readonly onFailure: () => void
}

/** The text of a document, and what it says. */
export interface DocumentText<T> {
  readonly text: string
  /** Of the text: two do not have the same by accident. */
  readonly version: string
  readonly said: T
  /** What was there before it and, where it only goes on what was there, before that began to. */
  readonly earlier?: DocumentText<T> | undefined
}

export interface FileDocument<T> {
  /** What it says now, whole: a reload puts another in its place. */
  current(): T
  /** The same, with the text that it was made of. */
  whole(): DocumentText<T>
  /** What is wrong with the file, if anything is. */
  problem(): string | undefined
  /** Reads it again, and takes also what seems to be a part of it: somebody asks for that. */
  request(): void
  /** Stops watching; what was loaded stays. */
  close(): void
}

/** Hexadecimal digits of a version. */
const VERSION_LENGTH = 12

export function versionOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, VERSION_LENGTH)
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
  let loaded: DocumentText<T>
  let asked = false

  async function read(known?: DocumentText<T>, takesHalf = false): Promise<DocumentText<T>> {
    const text = await readDocumentText(file, kind)
    const version = versionOf(text)
    if (version === known?.version) return known
    const next = { text, said: options.parse(text), version }
    const beside = takesHalf ? [] : besideOf(next, known ?? options.before)
    for (const before of beside) {
      const lost = options.lost?.(next, before)
      if (lost !== undefined) throw new RauthError('ERR_CONFIG_INVALID', `${file}: ${lost}`)
    }
    const earlier = beside.at(-1)
    return { ...next, ...(earlier && { earlier: { ...earlier, earlier: undefined } }) }
  }

  async function load(): Promise<void> {
    let next: DocumentText<T>
    const wasAsked = asked
    asked = false
    try {
      next = await read(loaded, wasAsked)
    } catch (thrown) {
      trouble.found(messageOf(thrown), messageOf(thrown))
      return
    }
    if (trouble.over()) log.info({ file }, `${kind.name} file can be used again`)
    if (next !== loaded) use(next)
  }

  function use(next: DocumentText<T>): void {
    loaded = next
    const { said, version } = next
    log.info({ file, version, ...options.count(said) }, `${kind.name} loaded`)
  }

  async function first(): Promise<void> {
    const { taken } = options
    if (taken === undefined) {
      use(await read())
      return
    }
    const known = { text: taken, version: versionOf(taken), said: options.parse(taken) }
    loaded = known
    await load()
    if (loaded === known) use(known)
  }

  // Watched before it is read, so that no change falls in between.
  const watch = watchDirectory(path.dirname(file), reloads.request, options)
  function close(): void {
    reloads.close()
    trouble.close()
    watch.close()
  }
  try {
    await reloads.first(first)
  } catch (error) {
    close()
    throw error
  }
  return {
    current: () => loaded.said,
    whole: () => loaded,
    problem: () => trouble.problem(),
    request() {
      asked = true
      reloads.request()
    },
    close,
  }
}

/**
 * What a text is judged beside. A file that is written slowly is each of its beginnings for a while: of one that
 * goes on what was taken, also beside what was there before it.
 */
function besideOf<T>(
  { text, version }: DocumentText<T>,
  before: DocumentText<T> | undefined,
): readonly DocumentText<T>[] {
  if (before === undefined) return []
  const { earlier } = before
  if (!text.startsWith(before.text)) return [before]
  const all = earlier === undefined ? [before] : [before, earlier]
  return version === before.version ? all.slice(1) : all
}
