import type { Registry } from 'prom-client'
import type { SecretCounts } from '../../../credentials/standing.ts'
import { gauge, gaugeBy } from './gauges.ts'

export interface SecretFigures {
  /** Seconds since all was known to be up to date, where the Kubernetes API has them. */
  readonly age?: () => number
  /** How many namespaces have a Secret, by how it stands. */
  readonly counts: () => SecretCounts
  /** When the next login of a Secret ends, seconds since the epoch. */
  readonly nextEnd: () => number | undefined
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
    observeSecrets({ age, counts, nextEnd }) {
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
          help: 'Namespaces with a credential Secret, by whether somebody logs in by it, and why not.',
        },
        () => Object.entries(counts()),
      )
      gauge(
        registry,
        {
          ...{ name: 'rauth_credentials_next_end_timestamp_seconds', merged: 'min' },
          help: 'When the next login of a credential Secret ends, its notAfter; not there where none does.',
        },
        nextEnd,
      )
    },
  }
}
