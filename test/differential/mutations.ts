import { BODIES } from './mutations/bodies.ts'
import { FRAMES } from './mutations/frames.ts'
import { HEADERS } from './mutations/headers.ts'
import { METHODS } from './mutations/methods.ts'
import type { Mutation } from './mutations/mutation.ts'
import { PATHS } from './mutations/paths.ts'
import { QUERIES } from './mutations/queries.ts'
import type { RawRequest } from './raw-request.ts'

/** What is tried often is in there more than once. */
export const MUTATIONS: readonly Mutation[] = [
  ...PATHS, ...PATHS, ...PATHS,
  ...QUERIES, ...QUERIES, ...QUERIES,
  ...BODIES, ...BODIES, ...BODIES,
  ...HEADERS, ...HEADERS,
  ...METHODS, ...METHODS,
  ...FRAMES,
] // prettier-ignore

const FRAMING = /^(?:content[-_]length|transfer[-_]encoding|connection|upgrade|expect|te)$/

/** Whether servers may disagree where this request ends: it then needs a connection of its own. */
export function isUnframed({ method, target, headers }: RawRequest): boolean {
  return (
    !/^[A-Z]+$/.test(method) ||
    /[\r\n\0 ]/.test(target) ||
    headers.some(
      ([name, value]) =>
        FRAMING.test(name.trim().toLowerCase()) || /[\r\n\0]/.test(value) || !/^[!-~]+$/.test(name),
    )
  )
}
