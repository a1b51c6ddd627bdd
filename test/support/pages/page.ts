import { readFileSync } from 'node:fs'
import path from 'node:path'

/** The repository, from dist/test/support/pages. */
export const ROOT = path.resolve(import.meta.dirname, '../../../..')

/**
 * Where a block of commands can be run: `here`, in a test; `laptop`, on a machine that builds images and reaches the
 * registries of others; `node`, in a cluster that has nodes, or on one of them. A page says the last two behind `sh`.
 */
export type Place = 'here' | 'laptop' | 'node'

export interface Commands {
  readonly place: Place
  readonly script: string
}

/** What a page has the reader write: a block of YAML whose first line is a comment that begins with a file's name. */
export interface WrittenFile {
  readonly name: string
  readonly content: string
}

export interface Section {
  /** Its heading; empty for what stands before the first. */
  readonly heading: string
  readonly commands: readonly Commands[]
  readonly files: readonly WrittenFile[]
}

const HEADING = /^#{1,4} (.+)$/
const FENCE = /^```(\w*)(?: (\w+))?$/
const FILE = /^# ([\w.-]+\.(?:yaml|yml|htpasswd))\b/

/** The sections of a page of the repository, in their order. Throws where a block says a place that there is none of. */
export function sectionsOf(page: string): readonly Section[] {
  const sections = [empty('')]
  const lines = readFileSync(path.join(ROOT, page), 'utf8').split('\n')
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? ''
    const [, heading] = HEADING.exec(line) ?? []
    if (heading !== undefined) sections.push(empty(heading))
    const [, language = '', place = 'here'] = FENCE.exec(line) ?? []
    if (language === '') continue
    const end = lines.indexOf('```', at)
    const content = lines.slice(at + 1, end).map((one) => `${one}\n`)
    at = end
    const section = sections.at(-1) ?? empty('')
    if (language === 'sh') {
      section.commands.push({ place: placeOf(place, page), script: content.join('') })
    }
    const [, name] = FILE.exec(content[0] ?? '') ?? []
    if (language === 'yaml' && name !== undefined) {
      section.files.push({ name, content: content.join('') })
    }
  }
  return sections
}

function empty(heading: string) {
  return { heading, commands: [] as Commands[], files: [] as WrittenFile[] }
}

function placeOf(place: string, page: string): Place {
  if (place === 'here' || place === 'laptop' || place === 'node') return place
  throw new Error(`${page}: a block of commands can't be run at "${place}"`)
}
