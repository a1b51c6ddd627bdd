import { openFileDocument } from '../../adapters/file/document-store.ts'
import { JWKS_FILE } from '../../adapters/file/document-text.ts'
import { createDiscovery } from '../../adapters/oidc/discovery.ts'
import { createIdentityTokens } from '../../adapters/oidc/identity-tokens.ts'
import { createFetchedKeys, givenKeys, type IssuerKeys } from '../../adapters/oidc/issuer-keys.ts'
import { readKeysFile } from '../../adapters/oidc/key-set.ts'
import { lookupPublic } from '../../adapters/oidc/public-address.ts'
import type { Metrics } from '../../adapters/ops/metrics.ts'
import { createOutbound } from '../../adapters/outbound.ts'
import type { Clock } from '../../clock.ts'
import type { Identity } from '../../config/identity-schema.ts'
import type { ClaimMapping } from '../../credentials/oidc/mapping.ts'
import type { Log } from '../../log.ts'
import type { CredentialReference } from '../../subject.ts'
import { readAuthority } from './authority.ts'
import type { OpenSource } from './open-source.ts'

export interface OidcOptions {
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Pick<Metrics, 'issuerKeysFailed'>
}

type Oidc = NonNullable<Identity[number]['oidc']>

/** Largest configuration or JWKS of an issuer that is read, bytes. */
const MAX_ANSWER = 256 * 1024

/** The tokens of one issuer. Its keys are fetched when the first comes: it need not be there before. */
export async function openOidc(
  oidc: Oidc,
  reference: CredentialReference,
  options: OidcOptions,
): Promise<OpenSource> {
  const { issuer, audience: audiences, algorithms, leeway } = oidc
  const { keys, ...opened } = await openKeys(oidc, options)
  return {
    ...opened,
    source: createIdentityTokens({
      ...{ issuer, audiences, algorithms, leeway, keys, reference, clock: options.clock },
      mappings: oidc.identities.map(mappingOf),
    }),
  }
}

function mappingOf({
  claims,
  account,
  namespace,
  labels,
}: Oidc['identities'][number]): ClaimMapping {
  return {
    ...{ claims, account },
    ...(namespace === undefined ? {} : { namespace }),
    ...(labels === undefined ? {} : { labels }),
  }
}

interface OpenKeys extends Omit<OpenSource, 'source'> {
  readonly keys: IssuerKeys
}

async function openKeys(oidc: Oidc, { clock, log, metrics }: OidcOptions): Promise<OpenKeys> {
  const { issuer, jwks: file } = oidc
  const onFailure = () => {
    metrics.issuerKeysFailed(issuer)
  }
  if (file !== undefined) {
    const document = await openFileDocument({
      ...{ file, log, kind: JWKS_FILE },
      parse: (text) => readKeysFile(text, file),
      count: ({ keys }) => ({ keys }),
      onFailure,
    })
    return {
      keys: givenKeys(() => document.current().find),
      problem: () => document.problem(),
      close: () => {
        document.close()
      },
    }
  }
  const limits = {
    authority: await readAuthority(oidc.authority, 'identity: oidc.authority'),
    ...{ timeout: oidc.timeout * 1000, limit: MAX_ANSWER },
  }
  const outbound = createOutbound(limits)
  const guarded = createOutbound({ ...limits, lookup: lookupPublic })
  const fetchKeys = createDiscovery({ issuer, outbound, guarded })
  const keys = createFetchedKeys({ fetchKeys, issuer, clock, log, onFailure })
  return {
    keys,
    problem: () => keys.problem(),
    close() {
      outbound.close()
      guarded.close()
    },
  }
}
