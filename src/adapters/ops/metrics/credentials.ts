import type { Registry } from 'prom-client'
import { gauge, gaugeBy } from './gauges.ts'

export interface SecretFigures {
  /** Seconds since all was known to be up to date, where the Kubernetes API has them. */
  readonly age?: () => number
  /** How many namespaces have a Secret, by whether it can be used. */
  readonly counts: () => { readonly usable: number; readonly unusable: number }
}

export interface CredentialMetrics {
  /** From now on tells whether the credentials are known, wherever they come from. */
  observeCredentials(known: () => boolean): void
  /** From now on tells of the Secrets that are read. */
  observeSecrets(secrets: SecretFigures): void
}

export function createCredentialMetrics(registry: Registry): CredentialMetrics {
  return {
    observeCredentials(known) {
      gauge(
        registry,
        {
          ...{ name: 'rauth_credentials_synced', merged: 'min' },
          help: 'Whether the credentials are known (1); else (0) no login is answered.',
        },
        () => (known() ? 1 : 0),
      )
    },
    observeSecrets({ age, counts }) {
      if (age !== undefined) {
        gauge(
          registry,
          {
            ...{ name: 'rauth_credentials_sync_age_seconds', merged: 'max' },
            help: 'Time since the credentials were last known to be what the Kubernetes API has.',
          },
          age,
        )
      }
      gaugeBy(
        registry,
        {
          ...{ name: 'rauth_credentials_secrets', label: 'state', merged: 'max' },
          help: 'Namespaces with a credential Secret, by whether it can be used.',
        },
        () => Object.entries(counts()),
      )
    },
  }
}
