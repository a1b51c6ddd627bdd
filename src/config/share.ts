import type { Config } from './schema.ts'

/**
 * The configuration of one of several processes: of what is asked at a time, its share. Rounded down, and one
 * at least: all together never ask more than is configured, unless that is less than one each.
 */
export function shareOf(config: Config, processes: number): Config {
  function share<T extends { readonly concurrency: number }>(limits: T): T {
    return { ...limits, concurrency: Math.max(1, Math.floor(limits.concurrency / processes)) }
  }
  const { policy, identity } = config
  return {
    ...config,
    policy: { ...policy, command: share(policy.command), kubernetes: share(policy.kubernetes) },
    identity: identity.map((source) => ({
      ...source,
      ...(source.command && { command: share(source.command) }),
      ...(source.http && { http: share(source.http) }),
      ...(source.ldap && { ldap: share(source.ldap) }),
      ...(source.serviceAccounts && { serviceAccounts: share(source.serviceAccounts) }),
    })),
  }
}
