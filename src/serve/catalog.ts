import { createCatalogClient } from '../adapters/registry-http/catalog-client.ts'
import type { CatalogOptions } from '../adapters/token-http/catalog-route.ts'
import { createListCatalog } from '../list-catalog.ts'
import { CATALOG_ACCESS } from '../registry/routes.ts'
import type { Issuer } from '../token/issuer.ts'
import type { Common } from './common.ts'

/** How long rauth's own token lives, seconds: longer than a listing takes. */
const OWN_EXPIRY = 120

/** `sub` of rauth's own token, for the log of the registry. */
const OWN_SUBJECT = 'rauth'

/** The catalog; closed unless the configuration names a registry. */
export function catalogOf(common: Common, issuer: Issuer): CatalogOptions {
  const { config } = common
  const { service, catalog } = config
  const timeout = catalog.timeout * 1000

  /** The gateway takes no such token: it has a subject, and no credential. */
  async function token(): Promise<string> {
    const now = Math.floor(common.clock())
    const signed = await issuer.sign({
      ...{ issuer: config.issuer, subject: OWN_SUBJECT, audience: service },
      ...{ expiresAt: now + OWN_EXPIRY, notBefore: now, issuedAt: now, id: common.newId() },
      ...{ access: [CATALOG_ACCESS], namespaces: [], credentials: [] },
    })
    return signed.token
  }

  const registry =
    catalog.registry === undefined
      ? undefined
      : createCatalogClient({ ...{ registry: catalog.registry, token, timeout } })
  const listCatalog = createListCatalog({
    ...common,
    ...{ service, registry },
  })
  return { listCatalog, service, timeout }
}
