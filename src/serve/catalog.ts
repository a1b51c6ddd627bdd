import { createCatalogClient } from '../adapters/registry-http/catalog-client.ts'
import type { CatalogOptions } from '../adapters/token-http/catalog-route.ts'
import { createListCatalog } from '../list-catalog.ts'
import { CATALOG_ACCESS } from '../registry/routes.ts'
import type { Issuer } from '../token/issuer.ts'
import type { Common } from './common.ts'
import { ownToken } from './own-token.ts'

/** The catalog; closed unless the configuration names a registry. */
export function catalogOf(common: Common, issuer: Issuer): CatalogOptions {
  const { config } = common
  const { service, catalog } = config
  const timeout = catalog.timeout * 1000

  const token = () => ownToken(common, issuer, [CATALOG_ACCESS])
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
