/** Lines on their way into a file: a write takes any number of their bytes, and the next one may never come. */
export interface LineBatch {
  /** What is still to be written. */
  rest(): Buffer
  /** So many bytes of that are written. */
  took(bytes: number): void
  /** What is written of a line that is written in part. */
  torn(): Buffer
  /** Begins the line that is written in part anew: it will go on elsewhere than where its beginning is. */
  rewind(): void
  /** Lines that are not wholly written. */
  left(): number
}

const LINE_FEED = 0x0a

/** Of whole lines, each with its end. */
export function createLineBatch(lines: readonly string[]): LineBatch {
  const bytes = Buffer.from(lines.join(''))
  let at = 0
  /** Where the line that is next begins. */
  const beginning = () => (at === 0 ? 0 : bytes.lastIndexOf(LINE_FEED, at - 1) + 1)
  return {
    rest: () => bytes.subarray(at),
    took(count) {
      at += count
    },
    torn: () => bytes.subarray(beginning(), at),
    rewind() {
      at = beginning()
    },
    left: () => bytes.subarray(at).filter((byte) => byte === LINE_FEED).length,
  }
}
