import { LRUCache } from 'lru-cache'
import { RE2JS } from 're2js'
import { matchAny, MAX_EXPRESSIONS, MAX_GLOBS } from '../bindings.ts'
import type { Match, Pattern } from '../compiled-pattern.ts'
import type { Values } from '../placeholders.ts'
import { isRegex, MAX_PROGRAM } from '../regex.ts'
import { compilePathMatch } from './path-match.ts'

/** Patterns with their placeholders filled that are kept of one: as many askers cost no compilation. */
const KEPT = 256

/** Whoever is nobody has an account that is empty, and no other is without a value. */
const FIELDS: readonly string[] = ['account', 'type', 'name', 'service']

const PLACEHOLDER = /\$\{([^{}]*)\}/g

/**
 * A pattern as docker_auth has it: the placeholders are replaced in the text, each once, and only then
 * is it read, as a glob of Go's path.Match or as a regular expression. What has no value stays as it is
 * written. Labels are tried where nothing matches without, and what they hold is no plain text: it may be
 * a glob.
 */
export function compileDockerAuthPattern(source: string): Pattern {
  const names = [...source.matchAll(PLACEHOLDER)].map(([, name = '']) => name)
  const keys = [...new Set(names.flatMap((name) => /^labels:(.*)$/s.exec(name)?.[1] ?? []))]
  const most = isRegex(source) ? MAX_EXPRESSIONS : MAX_GLOBS
  const { start, plain } = plainPart(source)
  const matcherOf = compiled()
  const always = names.length === 0 ? matcherOf(source) : undefined
  const match = (text: string, values: Values, labels: Values): Match =>
    (always ?? matcherOf(replaced(source, values, labels)))(text)
  return {
    ...{ source, start, plain, prefix: () => start },
    matches(text, values, labels) {
      const direct = match(text, values, {})
      const present = keys.filter((key) => labels !== undefined && Object.hasOwn(labels, key))
      if (direct === true || present.length === 0) return direct
      const any = matchAny(present, labels, most, (bound) => match(text, values, bound))
      return any === false ? direct : any
    },
  }
}

/** Values are escaped, labels are not: a documented feature of docker_auth. */
function replaced(source: string, values: Values, labels: Values): string {
  return source.replaceAll(PLACEHOLDER, (whole, name: string) => {
    if (Object.hasOwn(labels, name)) return labels[name] ?? whole
    const value = FIELDS.includes(name) ? (values[name] ?? '') : caught(values, name)
    return value === undefined ? whole : RE2JS.quote(value)
  })
}

function caught(values: Values, name: string): string | undefined {
  return name.includes(':') && Object.hasOwn(values, name) ? values[name] : undefined
}

type Matcher = (text: string) => Match

function compiled(): (pattern: string) => Matcher {
  const matchers = new LRUCache<string, Matcher>({ max: KEPT })
  return (pattern) => {
    const known = matchers.get(pattern)
    const matcher = known ?? compile(pattern)
    if (known === undefined) matchers.set(pattern, matcher)
    return matcher
  }
}

/**
 * What is malformed matches nothing; what would take too long can't be told, nor what may be a class of
 * characters that Go has a name for and RE2JS has not, such as `\p{Letter}`.
 */
function compile(pattern: string): Matcher {
  if (!isRegex(pattern)) return compilePathMatch(pattern) ?? (() => false)
  try {
    const expression = RE2JS.compile(pattern.slice(1, -1))
    if (expression.programSize() > MAX_PROGRAM) return () => undefined
    return (text) => expression.test(text)
  } catch {
    return /\\p/i.test(pattern) ? () => undefined : () => false
  }
}

/** Nothing of what begins with a slash: filled, it may be an expression. */
function plainPart(source: string): Pick<Pattern, 'start' | 'plain'> {
  if (source.startsWith('/')) return { start: '', plain: undefined }
  const start = /^[^*?[\\$]*/.exec(source)?.[0] ?? ''
  return { start, plain: start === source ? source : undefined }
}
