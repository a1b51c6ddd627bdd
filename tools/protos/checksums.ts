import { createHash } from 'node:crypto'

/** The format of `sha256sum`, so that `sha256sum -c SHA256SUMS` checks it without us. */
export function formatChecksums(files: ReadonlyMap<string, Buffer>): string {
  return [...files].map(([name, content]) => `${sha256(content)}  ${name}\n`).join('')
}

export function parseChecksums(text: string): ReadonlyMap<string, string> {
  const lines = text.split('\n').filter((line) => line !== '')
  return new Map(lines.map((line) => [line.slice(66), line.slice(0, 64)]))
}

export function sha256(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex')
}
