import { createDiscovery } from '../../adapters/oidc/discovery.ts'
import { createIdentityTokens } from '../../adapters/oidc/identity-tokens.ts'
import { createFetchedKeys } from '../../adapters/oidc/issuer-keys.ts'
import { lookupPublic } from '../../adapters/oidc/public-address.ts'
import { createOutbound } from '../../adapters/outbound.ts'
import type { Identity } from '../../config/identity-schema.ts'
import type { ClaimMapping } from '../../credentials/oidc/mapping.ts'
import type { CredentialReference } from '../../subject.ts'
import { readAuthority } from './authority.ts'
import { openKeysOfFile, type IssuerKeysOptions, type OpenIssuerKeys } from './issuer-keys.ts'
import type { OpenSource } from './open-source.ts'

type Oidc = NonNullable<Identity[number]['oidc']>

/** Largest configuration or JWKS of an issuer that is read, bytes. */
const MAX_ANSWER = 256 * 1024

/** The tokens of one issuer. Its keys are fetched when the first comes: it need not be there before. */
export async function openOidc(
  oidc: Oidc,
  reference: CredentialReference,
  options: IssuerKeysOptions,
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

async function openKeys(oidc: Oidc, options: IssuerKeysOptions): Promise<OpenIssuerKeys> {
  const { issuer, jwks: file } = oidc
  if (file !== undefined) return openKeysOfFile(file, issuer, options)
  const { clock, log, metrics } = options
  const limits = {
    authority: await readAuthority(oidc.authority, 'identity: oidc.authority'),
    ...{ timeout: oidc.timeout * 1000, limit: MAX_ANSWER },
  }
  const outbound = createOutbound(limits)
  const guarded = createOutbound({ ...limits, lookup: lookupPublic })
  const fetchKeys = createDiscovery({ issuer, outbound, guarded })
  const onFailure = () => {
    metrics.issuerKeysFailed(issuer)
  }
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
