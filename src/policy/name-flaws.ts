import { captureOf, labelOf, placeholdersIn } from './placeholders.ts'
import { isRegex } from './regex.ts'

/** What a placeholder may stand for that says who asks. */
const ASKERS = ['namespace', 'account', 'serviceaccount']

const PLACEHOLDER = /\$\{[^}]*\}/g

/** A part of an expression that is as open as a wildcard. */
const OPEN_PART = String.raw`(?:\.|\\[wSD]|\[\^[^\]]*\])[*+?{]`
const OPEN_BEHIND = new RegExp(String.raw`^${OPEN_PART}`)
const OPEN_BEFORE = /(?:\.|\\[wSD]|\[\^[^\]]*\])(?:[*+?]|\{[\d,]*\})\??$/

/** Why a glob can match the name of no resource, or `undefined`; no mistake, since it harms nobody. */
export function deadName(source: string): string | undefined {
  if (isRegex(source)) return undefined
  const odd = /[^a-z0-9._\-/*?]/.exec(source.replaceAll(PLACEHOLDER, ''))?.[0]
  if (odd === '$') return 'a $ is in no name, and a placeholder has braces, as ${namespace}'
  if (odd !== undefined) return `${JSON.stringify(odd)} is in no name`
  if (source.includes('//')) return 'no name has // in it'
  if (source.startsWith('/')) return 'no name begins with /'
  if (source.endsWith('/')) return `no name ends with /, and ${source}** is what is below`
  return undefined
}

/**
 * The first placeholder of who asks that a wildcard widens in its own part of the name, as in
 * `${namespace}*` and `${namespace}-*`: what it is for begins, or ends, the names of others, too.
 */
export function widened(
  source: string,
): { readonly placeholder: string; readonly end: 'begin' | 'end' } | undefined {
  return isRegex(source) ? widenedInRegex(source.slice(1, -1)) : widenedInGlob(source)
}

function widenedInGlob(source: string) {
  // A placeholder of a label may have a slash in its name.
  for (const part of source.split(/\/(?![^{]*\})/)) {
    for (const { placeholder, before, behind } of askersIn(part)) {
      if (/[*?]/.test(behind)) return { placeholder, end: 'begin' } as const
      if (/[*?]/.test(before)) return { placeholder, end: 'end' } as const
    }
  }
  return undefined
}

function widenedInRegex(expression: string) {
  for (const { placeholder, before, behind } of askersIn(expression)) {
    if (OPEN_BEHIND.test(behind)) return { placeholder, end: 'begin' } as const
    if (OPEN_BEFORE.test(before)) return { placeholder, end: 'end' } as const
  }
  return undefined
}

function askersIn(text: string) {
  return [...text.matchAll(PLACEHOLDER)]
    .filter(([placeholder]) => placeholdersIn(placeholder).some(saysWhoAsks))
    .map(({ 0: placeholder, index }) => ({
      placeholder,
      before: text.slice(0, index).replaceAll(PLACEHOLDER, ''),
      behind: text.slice(index + placeholder.length).replaceAll(PLACEHOLDER, ''),
    }))
}

function saysWhoAsks(name: string): boolean {
  return ASKERS.includes(captureOf(name)?.field ?? name) || labelOf(name) !== undefined
}
