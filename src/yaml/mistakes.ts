import type { Document } from 'yaml'
import { ROWS } from './rows.ts'
import { startOfLine, type Stumble } from './stumble.ts'

export interface YamlMistake {
  /** Where in the text somebody has to look, which may be before the place where the parser stumbled. */
  readonly offset: number
  /** What is wrong and what to do. Quotes nothing of the text but a single character. */
  readonly message: string
}

/** The marks that git leaves in a file that two changed. */
const CONFLICT = /^(?:<{7}|={7}|>{7})(?: .*)?\r?$/m

/** Errors that are looked at: each may need a walk through the document. */
const MOST = 50

/**
 * What the parser found wrong with a document, in words for whoever wrote it. One for a line: what else it
 * stumbles over there comes of the first.
 */
export function yamlMistakes(document: Document, text: string): readonly YamlMistake[] {
  const errors = document.errors.slice(0, MOST)
  const conflict = errors.length > 0 ? text.search(CONFLICT) : -1
  if (conflict !== -1) {
    const message = 'two versions stand here with the marks of git: keep one, without the marks'
    return [{ offset: conflict, message }]
  }
  const found = new Map<number, YamlMistake>()
  let lastOfParser = -1
  for (const error of errors) {
    const [offset] = error.pos
    const line = startOfLine(text, offset)
    if (line === lastOfParser) continue
    lastOfParser = line
    const here = errors.filter(({ pos }) => pos[0] === offset)
    const codes = new Set(here.map(({ code }) => code))
    const mistake = tell({ error, offset, text, document, codes })
    const place = startOfLine(text, mistake.offset)
    if (!found.has(place)) found.set(place, mistake)
  }
  return [...found.values()]
}

function tell(at: Stumble): YamlMistake {
  const row = ROWS.find(
    ({ code, says, when }) =>
      code === at.error.code && (says?.test(at.error.message) ?? true) && (when?.(at) ?? true),
  )
  // Not by the parser's own words: they may quote what it found, a password among it.
  if (row === undefined) return { offset: at.offset, message: `not YAML (${at.error.code})` }
  const { message, where } = row
  return {
    offset: where?.(at) ?? at.offset,
    message: typeof message === 'string' ? message : message(at),
  }
}
