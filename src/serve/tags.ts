import { createTagClient } from '../adapters/registry-http/tag-client.ts'
import { registryBehind } from '../config/configured-policy.ts'
import type { RegistryTags } from '../keep-tags.ts'
import { createIssuer } from '../token/issuer.ts'
import type { Common } from './common.ts'
import { ownToken } from './own-token.ts'

/**
 * How long the registry may take to say whether tags are there, milliseconds: less than the proxies of
 * `envoy/` and `examples/` wait for an answer of rauth's, else they refuse what is recorded as allowed.
 */
const TIMEOUT = 1_000

/** The tags of the registry behind the gateway, if it is configured which one that is. */
export function tagsOf(common: Common): RegistryTags | undefined {
  const { config, signingKeys: keys } = common
  const registry = registryBehind(config)
  if (registry === undefined) return undefined
  const issuer = keys && createIssuer({ keys, x5c: config.token.x5c })
  return createTagClient({
    ...{ registry, timeout: TIMEOUT },
    // Where there is no key to sign with, a registry that checks no tokens answers without.
    token: (name) =>
      issuer === undefined
        ? Promise.resolve(undefined)
        : ownToken(common, issuer, [{ type: 'repository', name, actions: ['pull'] }]),
  })
}
