import type { Asker } from './asker.ts'
import type { Policy } from './policy.ts'
import { allowing, verdictOf } from './verdict.ts'
import { isWithin, voicesOf } from './voices.ts'

/** Which tags of a repository may be written once only. */
export interface WriteOnce {
  /** Whether there can be any. */
  readonly some: boolean
  has(tag: string): boolean
}

/**
 * The tags of a repository that this asker may not change once they are there, given that it may do
 * `action`, by the rules that let it. Who may by another of its holders change a tag may.
 */
export function writeOnceOf(
  policy: Policy,
  asker: Asker,
  repository: string,
  action: string,
): WriteOnce {
  const resource = { type: 'repository', name: repository }
  const all = voicesOf(policy, asker).flatMap(({ holder, voice }) => {
    if (!isWithin(holder, action)) return []
    const verdict = verdictOf(policy, voice, resource)
    if (allowing(verdict.tried, action, voice) === undefined) return []
    return [verdict.tried.flatMap(({ rule }) => rule.immutable ?? [])]
  })
  return {
    some: all.length > 0 && all.every((patterns) => patterns.length > 0),
    has: (tag) =>
      all.length > 0 &&
      all.every((patterns) => patterns.some((pattern) => pattern.matches(tag, {}) !== false)),
  }
}
