/**
 * Bytes of an object, of a page of a list and of an event: what is held at most. The API server keeps Secrets that
 * are longer in JSON, where one byte can become six (`<` is `\u003c`). Nothing that rauth takes needs as much.
 */
export const MAX_TEXT = 3 * 1024 * 1024

/**
 * Bytes of what is too long that are looked at. The API server writes an object's fields in the order of its
 * types: names, uid and version are in the first thousand, and nothing before them is of somebody's choice.
 */
const BEGINNING = 4096

/** The beginning of what came in parts. */
export function beginningOf(parts: readonly Buffer[]): string {
  const bytes: Buffer[] = []
  let missing = BEGINNING
  for (const part of parts) {
    if (missing <= 0) break
    bytes.push(part.subarray(0, missing))
    missing -= part.length
  }
  return Buffer.concat(bytes).toString('utf8')
}
