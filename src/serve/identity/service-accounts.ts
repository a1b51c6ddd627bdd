import { createFetchedKeys } from '../../adapters/oidc/issuer-keys.ts'
import { parseKeys } from '../../adapters/oidc/key-set.ts'
import { createTokenVerification } from '../../adapters/oidc/token-verification.ts'
import type { Metrics } from '../../adapters/ops/metrics.ts'
import type { Identity } from '../../config/identity-schema.ts'
import { withBriefMemory } from '../../credentials/brief-memory.ts'
import type { PasswordHasher } from '../../credentials/password.ts'
import { createServiceAccounts } from '../../credentials/service-accounts/source.ts'
import type { CredentialReference } from '../../subject.ts'
import type { ClusterOnce } from '../cluster.ts'
import { openKeysOfFile, type IssuerKeysOptions, type OpenIssuerKeys } from './issuer-keys.ts'
import type { OpenSource } from './open-source.ts'

export interface ServiceAccountsOptions extends IssuerKeysOptions {
  readonly hasher: PasswordHasher
  readonly cluster: ClusterOnce
  readonly metrics: Pick<Metrics, 'issuerKeysFailed' | 'lookup'>
}

type Configured = NonNullable<Identity[number]['serviceAccounts']>

/** What API servers sign with, by the kinds of keys that they take. */
const ALGORITHMS = ['RS256', 'ES256', 'ES384', 'ES512']

/** How far its clock may be ahead, seconds. */
const LEEWAY = 10

/** How long a no of a review is one without asking again, seconds: tokens that are no good are easily made. */
const REMEMBERED_NO = 10

/** The ServiceAccounts of a cluster, by their tokens. */
export async function openServiceAccounts(
  configured: Configured,
  reference: CredentialReference,
  options: ServiceAccountsOptions,
): Promise<OpenSource> {
  return configured.verify === 'keys'
    ? openByKeys(configured, reference, options)
    : openByReview(configured, reference, options)
}

async function openByReview(
  { audience: audiences, timeout, concurrency, remember, ...configured }: Configured,
  reference: CredentialReference,
  { cluster, clock, hasher, metrics }: ServiceAccountsOptions,
): Promise<OpenSource> {
  const { issuer, namespaces, maxLifetime } = configured
  const { api } = await cluster.open()
  const { createTokenReviews } = await import('../../adapters/kubernetes/token-review.ts')
  const reviews = createTokenReviews({
    ...{ api, audiences, atOnce: concurrency, timeout: timeout * 1000 },
    timer: () => performance.now(),
  })
  const source = createServiceAccounts({
    ...{ audiences, issuer, namespaces, maxLifetime, reference, clock, verify: reviews.verify },
    ofThisCluster: true,
  })
  return {
    source: withBriefMemory(source, {
      ...{ seconds: remember, noSeconds: Math.min(REMEMBERED_NO, remember), byPassword: true },
      ...{ hasher, clock, onLookup: metrics.lookup('identity') },
    }),
    problem: reviews.problem,
    close: () => undefined,
  }
}

async function openByKeys(
  configured: Configured,
  reference: CredentialReference,
  options: ServiceAccountsOptions,
): Promise<OpenSource> {
  const { audience: audiences, issuer = '', namespaces, maxLifetime } = configured
  const { clock } = options
  const { keys, ...opened } = await openKeys(configured, issuer, options)
  const verify = createTokenVerification({
    ...{ issuer, audiences, algorithms: ALGORITHMS, leeway: LEEWAY, keys, clock },
  })
  return {
    ...opened,
    source: createServiceAccounts({
      ...{ audiences, issuer, namespaces, maxLifetime, reference, clock },
      // Keys in a file may be those of any cluster.
      ofThisCluster: configured.jwks === undefined,
      verify: ({ password }) => verify(password.reveal()),
    }),
  }
}

async function openKeys(
  { jwks, timeout }: Configured,
  issuer: string,
  options: ServiceAccountsOptions,
): Promise<OpenIssuerKeys> {
  if (jwks !== undefined) return openKeysOfFile(jwks, issuer, options)
  const { cluster, clock, log, metrics } = options
  const { api } = await cluster.open()
  const { fetchClusterKeys } = await import('../../adapters/kubernetes/cluster-keys.ts')
  const keys = createFetchedKeys({
    ...{ issuer, clock, log },
    fetchKeys: async () => parseKeys(await fetchClusterKeys(api, timeout * 1000)),
    onFailure: () => {
      metrics.issuerKeysFailed(issuer)
    },
  })
  return { keys, problem: () => keys.problem(), close: () => undefined }
}
