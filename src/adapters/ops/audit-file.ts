import { writeSync } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf, RauthError } from '../../errors.ts'
import { cutOff, openToAppend, sizeOf } from './appended-file.ts'
import { createLineBatch } from './line-batch.ts'

export interface AuditFileOptions {
  readonly file: string
  /** Milliseconds, going forwards. */
  readonly timer: () => number
  /** A line will never be in the file. */
  readonly onLost: () => void
  /** What is wrong with the file is another than before; `undefined`: nothing is any more. */
  readonly onTrouble: (problem: string | undefined) => void
  /** Characters of all lines that wait to be written, at most. */
  readonly mostWaiting?: number
}

export interface AuditFile {
  /** Takes a whole line, with its end. Returns at once. */
  write(line: string): void
  /** What keeps lines from being written. */
  problem(): string | undefined
  /** From the next line on writes the file that has this name by then, such as after a rotation. */
  reopen(): void
  /** Writes what waits, as far as that takes no longer than a second. */
  close(): Promise<void>
}

/** Some 15,000 lines: what a busy gateway makes in two seconds. */
const MOST_WAITING = 8 * 1024 * 1024

/** After what time what failed is tried again, milliseconds. */
const RETRY = 1_000

/** Longest that the end waits for what is left, milliseconds. */
const LAST_WRITES = 1_000

/** A write that takes longer is one that hangs, milliseconds. */
const HANGS = 5_000

/**
 * Lines appended to a file, off the thread that answers. What can't be written waits, as far as there is room,
 * and is tried again each second; past that, lines are lost. Throws ERR_AUDIT_UNWRITABLE if the file can't be
 * opened at all.
 */
export async function openAuditFile(options: AuditFileOptions): Promise<AuditFile> {
  const { file, timer, onLost, onTrouble, mostWaiting = MOST_WAITING } = options
  let handle = await openFirst(file)
  let waiting: string[] = []
  let characters = 0
  let stale = false
  let failure: string | undefined
  /** Since when what is being written is, milliseconds. */
  let since: number | undefined
  let told: string | undefined
  let closing = false
  let isWriting = false
  let written = Promise.resolve()

  function problem(): string | undefined {
    if (failure !== undefined) return `${file} cannot be written: ${failure}`
    if (since === undefined || timer() - since < HANGS) return undefined
    return `${file} has taken no line for ${HANGS / 1000} s`
  }

  function tell(): void {
    const now = problem()
    if (now === told) return
    told = now
    onTrouble(now)
  }

  /** Writes until nothing waits. Never rejects. */
  async function drain(): Promise<void> {
    isWriting = true
    let batch = createLineBatch([])
    let sizeAtFailure = 0
    while (stale || waiting.length > 0 || batch.rest().length > 0) {
      since ??= timer()
      try {
        if (stale) {
          await exchange()
          batch.rewind()
        } else if (batch.torn().length > 0 && (await sizeOf(handle)) !== sizeAtFailure)
          batch.rewind()
        if (batch.rest().length === 0) batch = createLineBatch(take())
        while (batch.rest().length > 0) {
          const { bytesWritten } = await handle.write(batch.rest())
          batch.took(bytesWritten)
        }
        since = failure = undefined
        tell()
      } catch (thrown) {
        failure = messageOf(thrown)
        tell()
        if (batch.torn().length > 0) {
          // A disk that is full took part of a line, and another process may write to the file. Where that part can't
          // be taken back, it is gone on with, unless whoever makes room empties this very file.
          if (await cutOff(handle, batch.torn())) batch.rewind()
          sizeAtFailure = await sizeOf(handle)
        }
        if (closing) {
          for (let left = batch.left(); left > 0; left -= 1) onLost()
          break
        }
        await sleep(RETRY, undefined, { ref: false })
      }
    }
    since = undefined
    // Nothing comes between this and the last look at what waits.
    isWriting = false
  }

  function take(): readonly string[] {
    const lines = waiting
    waiting = []
    characters = 0
    return lines
  }

  async function exchange(): Promise<void> {
    const next = await openToAppend(file)
    stale = false
    const before = handle
    handle = next
    await before.close()
  }

  function start(): void {
    if (!isWriting) written = drain()
  }

  const watching = setInterval(tell, RETRY).unref()
  /** A process that ends without close, by a mistake of its own, still has lines. */
  const lastWords = () => {
    try {
      writeSync(handle.fd, waiting.join(''))
    } catch {
      // Nobody is left to be told.
    }
  }
  process.once('exit', lastWords)

  return {
    write(line) {
      if (characters + line.length > mostWaiting) {
        onLost()
        return
      }
      waiting.push(line)
      characters += line.length
      start()
    },
    problem,
    reopen() {
      stale = true
      start()
    },
    async close() {
      closing = true
      clearInterval(watching)
      process.removeListener('exit', lastWords)
      await within(LAST_WRITES, written)
      waiting.forEach(onLost)
      await within(LAST_WRITES, handle.close())
    },
  }
}

/** Waits for what may never come, so many milliseconds at most. */
async function within(milliseconds: number, work: Promise<void>): Promise<void> {
  const over = new AbortController()
  const late = sleep(milliseconds, undefined, { signal: over.signal }).catch(() => undefined)
  await Promise.race([work, late])
  // Else it would hold the process for as long.
  over.abort()
}

async function openFirst(file: string): Promise<FileHandle> {
  try {
    return await openToAppend(file)
  } catch (cause) {
    throw new RauthError(
      'ERR_AUDIT_UNWRITABLE',
      `audit.to: ${file} cannot be opened to append to (${messageOf(cause)}); next: make its folder, ` +
        'writable by the user that rauth runs as',
      { cause },
    )
  }
}
