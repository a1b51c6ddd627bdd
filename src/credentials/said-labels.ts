import { isMapping } from '../mapping.ts'
import type { Labels } from '../subject.ts'

/** Labels of one login, values of one label, and characters of one of these. */
const MOST = { labels: 64, values: 256, length: 1024 }

/**
 * What a source prints or answers for a yes: nothing, or JSON of which `{"labels": {NAME: [VALUE, …]}}` is
 * read and the rest is not, as docker_auth does. `undefined`: it is something else.
 */
export function parseSaidLabels(said: Buffer): Labels | undefined {
  const text = said.toString('utf8').trim()
  if (text === '') return {}
  const top = parse(text)
  if (!isMapping(top)) return undefined
  const given = Object.hasOwn(top, 'labels') ? (top['labels'] ?? {}) : {}
  const entries = Object.entries(isMapping(given) ? given : { '': undefined })
  const isGood = entries.length <= MOST.labels && entries.every(([, values]) => areValues(values))
  return isGood ? (Object.fromEntries(entries) as Labels) : undefined
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function areValues(values: unknown): values is readonly string[] {
  return (
    Array.isArray(values) &&
    values.length <= MOST.values &&
    values.every((value) => typeof value === 'string' && value.length <= MOST.length)
  )
}
