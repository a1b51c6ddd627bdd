import { ipv6Groups } from '../ipv6.ts'

/** Of the eight groups of an IPv6 address, those that name the network: the /64. */
const NETWORK_GROUPS = 4

/** What IPv4 addresses begin with in IPv6, as a listener for both gives them (RFC 4291 §2.5.5.2). */
const MAPPED = '0,0,0,0,0,65535'

/**
 * The network that an IP address belongs to: itself for IPv4, for IPv6 its /64, which whoever has one
 * address of it has as a whole. The zone of a link-local address means something to this machine alone.
 */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address
  const groups = ipv6Groups(address.replace(/%.*$/, ''))
  if (groups.slice(0, 6).join() === MAPPED) {
    return groups
      .slice(6)
      .flatMap((group) => [group >> 8, group & 0xff])
      .join('.')
  }
  const network = groups.slice(0, NETWORK_GROUPS).map((group) => group.toString(16))
  return `${network.join(':')}::/64`
}
