import { EVERYTHING } from '../policy/read-pattern.ts'
import type { Config } from './schema.ts'
import { plainListeners, TLS_LISTENERS, type TlsListener } from './tls.ts'

/**
 * What a configuration says in so many words, and what whoever reads it should hear once more; of the
 * listeners only those that are opened.
 */
export function warningsOf(
  config: Config,
  listeners: readonly TlsListener[] = TLS_LISTENERS,
): readonly string[] {
  return [
    ...openPatterns(config),
    ...openNetworks(config),
    ...borrowedNames(config),
    ...plainPorts(config, listeners),
  ]
}

/** Whoever may write a Secret may give it any user name; rules about accounts go by these names. */
function borrowedNames({ identity }: Config): readonly string[] {
  const kinds = identity.flatMap((source) => Object.keys(source))
  const behind = kinds.slice(kinds.indexOf('secrets') + 1).filter((kind) => kind !== 'secrets')
  if (!kinds.includes('secrets') || behind.length === 0) return []
  return [
    `identity asks ${[...new Set(behind)].join(', ')} behind secrets: a Secret with a user name of theirs is ` +
      'asked first, in its own namespace; next: move secrets to the end',
  ]
}

function openPatterns({ policy }: Config): readonly string[] {
  const who = { public: 'everyone, also without credentials,', shared: 'every namespace' }
  return (['public', 'shared'] as const)
    .filter((key) => policy[key].includes(EVERYTHING))
    .map((key) => `policy.${key} has "${EVERYTHING}": ${who[key]} can pull every image`)
}

function plainPorts(config: Config, listeners: readonly TlsListener[]): readonly string[] {
  const plain = plainListeners(config, listeners)
  if (plain.length === 0) return []
  const names = (section: string) => plain.map((name) => `${section}.${name}`).join(', ')
  return [
    `no TLS for what other machines reach (${names('listen')}): passwords and tokens travel in the ` +
      `clear unless a mesh encrypts them; next: ${names('tls')}, or listen on 127.0.0.1`,
  ]
}

function openNetworks({ trustedProxies }: Config): readonly string[] {
  return trustedProxies
    .filter(({ prefix }) => prefix === 0)
    .map(
      ({ address }) =>
        `trustedProxies has "${address}/0": whoever asks says by X-Forwarded-For who it is, and is never kept from guessing`,
    )
}
