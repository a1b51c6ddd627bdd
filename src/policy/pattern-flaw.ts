import { nearest } from '../nearest.ts'
import { isPlaceholder, PLACEHOLDERS, placeholdersIn } from './placeholders.ts'
import { isRegex, regexFlaw } from './regex.ts'

const MAX_PATTERN = 512

/** A match costs at most as many steps as this times the length of the name. */
const MAX_WILDCARDS = 32

/** What is wrong with a pattern of a rule, or `undefined`: with none of it is there anything to guess. */
export function patternFlaw(source: string): string | undefined {
  if (source.length > MAX_PATTERN) return `is longer than ${MAX_PATTERN} characters`
  const unknown = placeholdersIn(source).find((name) => !isPlaceholder(name))
  if (unknown !== undefined) return unknownPlaceholder(unknown)
  return isRegex(source) ? regexFlaw(source) : globFlaw(source)
}

function unknownPlaceholder(name: string): string {
  const suggestion = nearest(name, PLACEHOLDERS)
  const written = (known: string) => `\${${known}}`
  return suggestion === undefined
    ? `has an unknown placeholder ${written(name)}; known here: ${PLACEHOLDERS.map(written).join(', ')}`
    : `has an unknown placeholder ${written(name)}; did you mean ${written(suggestion)}?`
}

function globFlaw(source: string): string | undefined {
  const plain = source.replaceAll(/\$\{[^}]*\}/g, '')
  const odd = /[[\]{}\\]/.exec(plain)?.[0]
  if (odd !== undefined) {
    return `has a ${odd}, which means nothing in a glob; write a regular expression between slashes, such as /^team-[ab]$/`
  }
  if (plain.split('/').some((part) => part.includes('**') && part !== '**')) {
    return 'must have ** alone between slashes, as in library/**'
  }
  if ((source.match(/\*\*|[*?]/g) ?? []).length > MAX_WILDCARDS) {
    return `has more than ${MAX_WILDCARDS} wildcards`
  }
  return undefined
}
