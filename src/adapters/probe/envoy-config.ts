import { parse } from 'yaml'

/** What an Envoy configuration says of whom it asks: one entry each ext_authz filter of HTTP. */
export interface AuthorizationFilter {
  /** What fails is let in. */
  readonly failureModeAllow: boolean
  /** Bodies are held back until they are there. */
  readonly buffersBodies: boolean
}

const TYPE = /\.http\.ext_authz\.v3\.ExtAuthz$/

/** The filters in a configuration, YAML or JSON, or in what `/config_dump` of Envoy prints. Throws for what is neither. */
export function authorizationFilters(text: string): readonly AuthorizationFilter[] {
  const found: AuthorizationFilter[] = []
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return
    const one = value as Readonly<Record<string, unknown>>
    if (TYPE.test(String(one['@type']))) {
      found.push({
        failureModeAllow: one['failure_mode_allow'] === true,
        buffersBodies: one['with_request_body'] !== undefined,
      })
    }
    Object.values(one).forEach(visit)
  }
  visit(parse(text, { logLevel: 'silent' }))
  return found
}
