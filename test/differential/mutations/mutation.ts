import type { Random } from '../../support/random.ts'
import type { HeaderLine, RawRequest } from '../raw-request.ts'

/**
 * What an attacker does to a request so that two who read it read it differently. Each changes one
 * thing and makes its choices by the random numbers that it is given.
 */
export type Mutation = (request: RawRequest, random: Random) => RawRequest

/** A list of texts without spaces. */
export const words = (text: string): readonly string[] => text.split(' ')

export const percent = (character: string, upper: boolean) => {
  const hex = character.charCodeAt(0).toString(16).padStart(2, '0')
  return `%${upper ? hex.toUpperCase() : hex}`
}

/** Path and query, with the `?` in the query. */
function split(target: string): readonly [path: string, query: string] {
  const mark = target.indexOf('?')
  return mark < 0 ? [target, ''] : [target.slice(0, mark), target.slice(mark)]
}

export const onPath =
  (change: (path: string, random: Random) => string): Mutation =>
  (request, random) => {
    const [path, query] = split(request.target)
    return { ...request, target: `${change(path, random)}${query}` }
  }

export const onQuery =
  (change: (pairs: readonly string[], random: Random) => readonly string[]): Mutation =>
  (request, random) => {
    const [path, query] = split(request.target)
    const pairs = query === '' ? [] : query.slice(1).split('&')
    return { ...request, target: `${path}?${change(pairs, random).join('&')}` }
  }

export const withHeader =
  (...choices: readonly (readonly HeaderLine[])[]): Mutation =>
  (request, random) => ({ ...request, headers: [...request.headers, ...random.pick(choices)] })

/** At a random slash, or at the front where there is none. */
export function atSlash(path: string, random: Random, put: (slash: string) => string): string {
  const slashes = [...path.matchAll(/\//g)].map(({ index }) => index)
  const at = slashes.length === 0 ? 0 : random.pick(slashes)
  return `${path.slice(0, at)}${put(path.slice(at, at + 1))}${path.slice(at + 1)}`
}

export function atLetter(path: string, random: Random, put: (letter: string) => string): string {
  const at = random.below(Math.max(1, path.length))
  return `${path.slice(0, at)}${put(path.slice(at, at + 1) || 'a')}${path.slice(at + 1)}`
}
