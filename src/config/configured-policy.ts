import { RauthError } from '../errors.ts'
import type { Policy } from '../policy/policy.ts'
import { isSame } from './changes.ts'
import { dockerAuthPolicyOf } from './docker-auth/policy.ts'
import { policyOf } from './policy-file.ts'
import type { Config } from './schema.ts'

/** The registry behind the gateway: that of the catalog, if no other is named. */
export function registryBehind({ gateway, catalog }: Config): string | undefined {
  return gateway.registry ?? catalog.registry
}

/** Whether two configurations make the same policy of the same file. */
export function hasSamePolicy(one: Config, other: Config): boolean {
  return isSame(one.policy, other.policy) && registryBehind(one) === registryBehind(other)
}

/**
 * The policy of a file, with the configuration that it needs. Throws a RauthError that lists each mistake
 * with its place, or says what is not configured.
 */
export function configuredPolicy(config: Config, source: string, fileName: string): Policy {
  const parse = config.policy.format === 'docker_auth' ? dockerAuthPolicyOf : policyOf
  const policy = parse(source, fileName)
  if (policy.writesOnce && registryBehind(config) === undefined) {
    const rule = policy.rules.find(({ immutable = [] }) => immutable.length > 0)
    throw new RauthError(
      'ERR_CONFIG_INVALID',
      `${fileName}: the rule ${rule?.id ?? ''} has tags.immutable, and nothing says which registry to ask ` +
        'whether a tag is there: set gateway.registry',
    )
  }
  return policy
}
