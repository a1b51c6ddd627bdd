import { nearest } from '../nearest.ts'
import type { Dialect } from './pattern.ts'
import { FIELDS, isPlaceholder, placeholdersIn } from './placeholders.ts'
import { isRegex, plainRegexFlaw, regexFlaw } from './regex.ts'

const MAX_PATTERN = 512

/** A match costs at most as many steps as this times the length of the name. */
const MAX_WILDCARDS = 32

/** How the placeholders are written. */
const KNOWN = [...FIELDS, 'labels:KEY', 'account:1']

/**
 * What is wrong with a pattern of a rule, or `undefined`: with none of it is there anything to guess.
 * docker_auth takes any glob, and those that are none match nothing.
 */
export function patternFlaw(source: string, dialect: Dialect = 'rauth'): string | undefined {
  if (source.length > MAX_PATTERN) return `is longer than ${MAX_PATTERN} characters`
  if (dialect === 'docker_auth') return isRegex(source) ? plainRegexFlaw(source) : undefined
  const unknown = placeholdersIn(source).find((name) => !isPlaceholder(name))
  if (unknown !== undefined) return unknownPlaceholder(unknown)
  return isRegex(source) ? regexFlaw(source) : globFlaw(source)
}

function unknownPlaceholder(name: string): string {
  const suggestion = nearest(name, KNOWN)
  const written = (known: string) => `\${${known}}`
  return suggestion === undefined
    ? `has an unknown placeholder ${written(name)}; known here: ${KNOWN.map(written).join(', ')}`
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
