import { beginningOf } from '../text-limit.ts'

/** Cuts a stream of bytes into lines. */
export interface Lines {
  push(chunk: Buffer): void
  /** Bytes of a line that has no end yet. */
  pending(): number
}

export interface LinesOptions {
  /** The longest line, bytes. */
  readonly most: number
  readonly onLine: (line: string) => void
  /** A line is longer: no more of it is kept than its beginning. Called once for it, before its end. */
  readonly onTooLong: (beginning: string) => void
}

const NEWLINE = 0x0a

/** Holds one line at most, and of one that is too long nothing. */
export function createLines({ most, onLine, onTooLong }: LinesOptions): Lines {
  let parts: Buffer[] = []
  let length = 0
  let skipping = false

  function keep(part: Buffer): void {
    if (skipping) return
    length += part.length
    if (length > most) {
      const beginning = beginningOf([...parts, part])
      skipping = true
      parts = []
      length = 0
      onTooLong(beginning)
    } else if (part.length > 0) {
      parts.push(part)
    }
  }

  return {
    push(chunk) {
      let from = 0
      for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, from)) {
        keep(chunk.subarray(from, end))
        const line = skipping ? '' : Buffer.concat(parts).toString('utf8')
        parts = []
        length = 0
        skipping = false
        from = end + 1
        if (line !== '') onLine(line)
      }
      keep(chunk.subarray(from))
    },
    pending: () => length,
  }
}
