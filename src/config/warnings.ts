import { EVERYTHING } from '../policy/read-pattern.ts'
import type { Config } from './schema.ts'

/** What a configuration says in so many words, and what whoever reads it should hear once more. */
export function warningsOf({ policy }: Config): readonly string[] {
  const who = { public: 'everyone, also without credentials,', shared: 'every namespace' }
  return (['public', 'shared'] as const)
    .filter((key) => policy[key].includes(EVERYTHING))
    .map((key) => `policy.${key} has "${EVERYTHING}": ${who[key]} can pull every image`)
}
