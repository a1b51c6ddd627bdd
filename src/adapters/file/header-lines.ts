import { validateHeaderName, validateHeaderValue } from 'node:http'
import { readSmallFile } from './small-file.ts'

/** Lines `NAME: VALUE` of a file, for requests of rauth's own. Rejects where one is none, and does not repeat it. */
export async function readHeaderLines(file: string): Promise<Readonly<Record<string, string>>> {
  const lines = (await readSmallFile(file)).toString('utf8').split(/\r?\n/)
  const headers: Record<string, string> = {}
  for (const [index, line] of lines.entries()) {
    if (line.trim() === '') continue
    const at = line.indexOf(':')
    const name = line.slice(0, Math.max(at, 0)).trim()
    const value = line.slice(at + 1).trim()
    try {
      validateHeaderName(name)
      validateHeaderValue(name, value)
    } catch {
      throw new Error(`${file}:${index + 1} is no line NAME: VALUE`)
    }
    headers[name] = value
  }
  return headers
}
