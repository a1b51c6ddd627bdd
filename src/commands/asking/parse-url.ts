import { InvalidArgumentError } from 'commander'

/** The URL of an HTTP server as an option has it. Throws what is wrong with any other text. */
export function parseUrl(text: string): string {
  if (/^https?:\/\//i.test(text) && URL.canParse(text)) return text
  throw new InvalidArgumentError(
    text.includes('://') || text.startsWith('/')
      ? 'a URL is wanted, such as http://host:5000'
      : `it has no scheme: did you mean http://${text}?`,
  )
}
