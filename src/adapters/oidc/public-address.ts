import { lookup } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'

/** IANA's special-purpose registry, where it is not globally reachable, and all that is no unicast. */
const SPECIAL_IPV4 = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const

/** The same of what is global unicast otherwise: protocols and Teredo, examples, 6to4, examples. */
const SPECIAL_IPV6 = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const

/** Of IPv6 addresses, those that end in an IPv4 address: that decides (RFC 4291 §2.5.5.2, RFC 6052 §2.1). */
const WITH_IPV4 = ['::ffff:', '64:ff9b::'] as const

/** Of IPv6 what may be public: global unicast (RFC 4291 §2.4) and what stands for IPv4. */
const UNICAST_IPV6 = new BlockList()
UNICAST_IPV6.addSubnet('2000::', 3, 'ipv6')

const SPECIAL = new BlockList()
for (const [network, prefix] of SPECIAL_IPV6) SPECIAL.addSubnet(network, prefix, 'ipv6')
for (const [network, prefix] of SPECIAL_IPV4) SPECIAL.addSubnet(network, prefix)
for (const before of WITH_IPV4) {
  UNICAST_IPV6.addSubnet(`${before}0.0.0.0`, 96, 'ipv6')
  for (const [network, prefix] of SPECIAL_IPV4) {
    SPECIAL.addSubnet(`${before}${network}`, 96 + prefix, 'ipv6')
  }
}

/** Whether an address is one of the internet, and of no private or special network, machine or link. */
export function isPublic(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return !SPECIAL.check(address)
    case 6:
      return UNICAST_IPV6.check(address, 'ipv6') && !SPECIAL.check(address, 'ipv6')
    default:
      return false
  }
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
    const open = addresses.filter(({ address }) => isPublic(address))
    const [first] = open
    if (first === undefined) callback(new Error(`${hostname} has no address of the internet`), [])
    else if (options.all === true) callback(null, open)
    else callback(null, first.address, first.family)
  })
}
