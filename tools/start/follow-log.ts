import { open } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { prettyLine } from '../../src/adapters/ops/pretty-line.ts'

export type LogFormat = 'json' | 'pretty'

export interface FollowLogOptions {
  readonly file: string
  /** What is before that byte is not written. */
  readonly from: number
  readonly format: LogFormat
  readonly colors: boolean
  readonly write: (text: string) => void
  /** Ends it. */
  readonly signal: AbortSignal
}

/** How often the file is looked at, milliseconds. */
const PAUSE = 200

/** Writes each whole line of the file from a byte on, as it comes. Never rejects. */
export async function followLog(options: FollowLogOptions): Promise<void> {
  const { file, from, format, colors, write, signal } = options
  const handle = await open(file).catch(() => undefined)
  if (handle === undefined) return
  try {
    const chunk = Buffer.alloc(64 * 1024)
    let at = from
    let begun = Buffer.alloc(0)
    while (!signal.aborted) {
      const { bytesRead } = await handle.read(chunk, 0, chunk.length, at)
      at += bytesRead
      if (bytesRead === 0) await sleep(PAUSE, undefined, { signal }).catch(() => undefined)
      const text = Buffer.concat([begun, chunk.subarray(0, bytesRead)])
      const end = text.lastIndexOf('\n') + 1
      begun = text.subarray(end)
      const lines = text.toString('utf8', 0, end).split(/(?<=\n)/)
      for (const line of lines) {
        if (line !== '') write(format === 'json' ? line : prettyLine(line, colors))
      }
    }
  } catch {
    // The file says it all; whoever looks on misses the rest of it.
  } finally {
    await handle.close()
  }
}
