import { BlockList, isIP, isIPv6 } from 'node:net'

export interface ProxyNetwork {
  readonly address: string
  readonly prefix: number
  readonly family: 'ipv4' | 'ipv6'
}

/** Who asks: from the other end of the connection and the X-Forwarded-For headers, each by itself. */
export type ClientAddress = (
  peer: string | undefined,
  forwarded: readonly string[],
) => string | undefined

/** What is read of X-Forwarded-For, characters from its end: more than proxies in a row ever add. */
const MAX_FORWARDED = 4096

/**
 * The address of a client behind trusted proxies: the right-most of X-Forwarded-For that is no trusted
 * proxy's, since each proxy adds at the end who asked it, and what is left of that is the client's own
 * invention. A connection from anyone else is the client, whatever its headers say.
 *
 * Where a trusted proxy added anything but one plain address (`unknown`, a port, brackets, a zone,
 * nothing), the client is that proxy itself: clients that it does not name share its address.
 */
export function createClientAddress(trusted: readonly ProxyNetwork[]): ClientAddress {
  const proxies = new BlockList()
  for (const { address, prefix, family } of trusted) proxies.addSubnet(address, prefix, family)
  const isProxy = (address: string) => proxies.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')

  return (peer, forwarded) => {
    if (peer === undefined || trusted.length === 0) return peer
    let client = withoutZone(peer)
    const hops = forwarded.join(',').slice(-MAX_FORWARDED).split(',')
    while (isProxy(client)) {
      const hop = hops.pop()?.replace(/^[ \t]+|[ \t]+$/g, '')
      if (hop === undefined || isIP(hop) === 0 || hop.includes('%')) break
      client = hop
    }
    return client
  }
}

/** Of a link-local peer: the name of the interface here. */
function withoutZone(address: string): string {
  return address.replace(/%.*$/, '')
}
