import { Counter, type Registry } from 'prom-client'

export interface IdentityMetrics {
  /** A changed users file can't be used. */
  usersReloadFailed(): void
  /** The keys of a configured issuer could not be had, or those of its file not be used. */
  issuerKeysFailed(issuer: string): void
}

export function createIdentityMetrics(registry: Registry): IdentityMetrics {
  const usersFailures = new Counter({
    name: 'rauth_users_reload_failures_total',
    help: 'States of the users file that could not be used.',
    registers: [registry],
  })
  const issuerFailures = new Counter({
    name: 'rauth_identity_keys_failures_total',
    help: 'Times that the keys of a configured issuer could not be had, or states of its file that could not be used.',
    labelNames: ['issuer'],
    registers: [registry],
  })
  return {
    usersReloadFailed() {
      usersFailures.inc()
    },
    issuerKeysFailed(issuer) {
      issuerFailures.inc({ issuer })
    },
  }
}
