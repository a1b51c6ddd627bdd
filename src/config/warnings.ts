import { EVERYTHING } from '../policy/read-pattern.ts'
import type { Config } from './schema.ts'

/** What a configuration says in so many words, and what whoever reads it should hear once more. */
export function warningsOf(config: Config): readonly string[] {
  return [...openPatterns(config), ...openNetworks(config)]
}

function openPatterns({ policy }: Config): readonly string[] {
  const who = { public: 'everyone, also without credentials,', shared: 'every namespace' }
  return (['public', 'shared'] as const)
    .filter((key) => policy[key].includes(EVERYTHING))
    .map((key) => `policy.${key} has "${EVERYTHING}": ${who[key]} can pull every image`)
}

function openNetworks({ trustedProxies }: Config): readonly string[] {
  return trustedProxies
    .filter(({ prefix }) => prefix === 0)
    .map(
      ({ address }) =>
        `trustedProxies has "${address}/0": whoever asks says by X-Forwarded-For who it is, and is never kept from guessing`,
    )
}
