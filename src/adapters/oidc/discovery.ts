import type { JSONWebKeySet } from 'jose'
import { isIP } from 'node:net'
import type { Outbound } from '../outbound.ts'
import { isMapping } from '../../mapping.ts'
import { parseKeys } from './key-set.ts'

export interface DiscoveryOptions {
  readonly issuer: string
  /** For what the administrator named. */
  readonly outbound: Outbound
  /** For hosts that the issuer names: see `lookupPublic`. */
  readonly guarded: Outbound
}

/**
 * Fetches the keys of an issuer (OpenID Connect Discovery 1.0 §4): its configuration, which must be its
 * own, and the JWKS that this names. Over https as the issuer itself, without redirects; a host that only
 * the issuer names is no address of this network.
 */
export function createDiscovery(options: DiscoveryOptions): () => Promise<JSONWebKeySet> {
  const { issuer, outbound, guarded } = options
  const base = new URL(issuer)

  async function get(url: URL): Promise<string> {
    const isOwn = url.host === base.host
    if (url.protocol !== base.protocol) throw new Error(`${url.href} is not ${base.protocol}`)
    if (!isOwn && isIP(bare(url.hostname)) !== 0) throw new Error(`${url.host} is no host name`)
    const { status, body } = await (isOwn ? outbound : guarded).request({ url, method: 'GET' })
    if (status !== 200) throw new Error(`${url.host} answered ${status}`)
    return body.toString('utf8')
  }

  return async () => {
    const where = new URL(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`)
    const found: unknown = JSON.parse(await get(where))
    if (!isMapping(found) || found['issuer'] !== issuer) {
      throw new Error('its configuration is that of another issuer')
    }
    const { jwks_uri: uri } = found
    if (typeof uri !== 'string' || !URL.canParse(uri)) throw new Error('its jwks_uri is no URL')
    return parseKeys(await get(new URL(uri)))
  }
}

function bare(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, '$1')
}
