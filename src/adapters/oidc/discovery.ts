import type { JSONWebKeySet } from 'jose'
import { lookup } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'
import type { Outbound } from '../outbound.ts'
import { isMapping, parseKeys } from './key-set.ts'

export interface DiscoveryOptions {
  readonly issuer: string
  /** For what the administrator named. */
  readonly outbound: Outbound
  /** For hosts that the issuer names: see {@link lookupPublic}. */
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

const PRIVATE = new BlockList()
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
] as const) {
  PRIVATE.addSubnet(network, prefix)
}
for (const [network, prefix] of [
  ['::', 127],
  ['fc00::', 7],
  ['fe80::', 10],
] as const) {
  PRIVATE.addSubnet(network, prefix, 'ipv6')
}

/** Whether an address is one of a private network, of this machine or of this link. */
export function isPrivate(address: string): boolean {
  return PRIVATE.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
}

/**
 * Looks up a host that somebody else names: only addresses of the internet count. Whoever has an issuer
 * could else make rauth ask what only rauth can reach.
 */
export const lookupPublic: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error !== null) {
      callback(error, [])
      return
    }
    const open = addresses.filter(({ address }) => !isPrivate(address))
    const [first] = open
    if (first === undefined) callback(new Error(`${hostname} is in a private network`), [])
    else if (options.all === true) callback(null, open)
    else callback(null, first.address, first.family)
  })
}
