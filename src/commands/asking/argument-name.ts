import { visible } from '../../printable.ts'

const LONGEST = 100

/** A header, a token, JSON, YAML, or what has small and capital letters and digits in one, as generated passwords do. */
const MAY_BE_SECRET = [
  /^(?:basic|bearer)\s/i,
  /eyJ|[{}"\n]|:\s/,
  /(?=[\w+=-]*[a-z])(?=[\w+=-]*[A-Z])(?=[\w+=-]*\d)[\w+=-]{16}/,
]

/**
 * An argument that nobody understands, for an error: in quotes, so that a slip is seen, but by its length
 * where it may be a secret that was pasted, since errors end up in logs and tickets.
 */
export function argumentName(text: string): string {
  const isShown = text.length <= LONGEST && !MAY_BE_SECRET.some((look) => look.test(text))
  return isShown
    ? `"${visible(text)}"`
    : `an argument of ${text.length} characters (not shown: it may be a secret)`
}
