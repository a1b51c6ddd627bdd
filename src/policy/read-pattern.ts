import { isRepositoryName } from '../registry/repository-name.ts'

/** Every repository, in so many words: the one pattern that may hand out all of them. */
export const EVERYTHING = '**'

const MAX_PATTERN = 255

/**
 * What is wrong with a pattern that lets others pull, or `undefined`. Besides what could never match,
 * these are patterns without one whole component in plain text, such as `team-*` + `/**`: they would
 * open namespaces that nobody thought of, or that do not exist yet.
 */
export function readPatternFlaw(pattern: string): string | undefined {
  if (pattern === EVERYTHING) return undefined
  if (pattern.length > MAX_PATTERN) return `is longer than ${MAX_PATTERN} characters`
  if (!/^[a-z0-9._\-/*?]+$/.test(pattern)) {
    return 'must be a pattern of repository names, such as library/**: small letters, digits, . _ - / * and ?'
  }
  const components = pattern.split('/')
  const plain = components.filter((component) => !/[*?]/.test(component))
  const never = plain.find((component) => !isRepositoryName(component))
  if (never !== undefined) return `can match no repository: "${never}" is no part of a name`
  if (components.some((component) => component.includes('**') && component !== '**')) {
    return 'must have ** alone between slashes, as in library/**'
  }
  if (plain.length > 0) return undefined
  return `must have one part without wildcards, as in library/** or */base/**; ${EVERYTHING} alone is everything`
}
