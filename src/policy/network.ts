import { ipv6Groups } from '../ipv6.ts'

/** An IP address: the groups of 16 bits that it consists of, two of IPv4 and eight of IPv6. */
export type Address = readonly number[]

/** The addresses that begin with the same bits. */
export interface Network {
  readonly groups: Address
  /** How many bits. */
  readonly prefix: number
}

/** What IPv4 addresses begin with in IPv6 (RFC 4291 §2.5.5.2); there is no difference between the two. */
const MAPPED = [0, 0, 0, 0, 0, 0xffff]

const IPV4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/

/** An address as a socket or a proxy gives it, perhaps with a zone; anything else is no address. */
export function parseAddress(text: string): Address | undefined {
  const bytes = IPV4.exec(text)?.slice(1).map(Number)
  if (bytes !== undefined) {
    const [a = 0, b = 0, c = 0, d = 0] = bytes
    return bytes.every((byte) => byte < 256) ? [a * 256 + b, c * 256 + d] : undefined
  }
  if (!text.includes(':')) return undefined
  try {
    const groups = ipv6Groups(text.replace(/%.*$/, ''))
    return isMapped(groups) ? groups.slice(MAPPED.length) : groups
  } catch {
    return undefined
  }
}

function isMapped(groups: Address): boolean {
  return MAPPED.every((group, at) => groups[at] === group)
}

/** A network by its first address and the length of its prefix. Throws if that is no address. */
export function networkOf(address: string, prefix: number): Network {
  const groups = parseAddress(address)
  if (groups === undefined) throw new Error('not an IP address')
  const mapped = address.includes(':') && groups.length === 2
  if (!mapped) return { groups, prefix }
  const bits = prefix - 16 * MAPPED.length
  // One that begins before the mapped addresses do is of IPv6, and has none of IPv4 in it.
  return bits < 0 ? { groups: ipv6Groups(address), prefix } : { groups, prefix: bits }
}

export function contains({ groups, prefix }: Network, address: Address): boolean {
  if (groups.length !== address.length) return false
  return groups.every((group, at) => {
    const bits = Math.min(Math.max(prefix - 16 * at, 0), 16)
    return group >> (16 - bits) === (address[at] ?? 0) >> (16 - bits)
  })
}

/** As it is written, `10.0.0.0/8`; one address without its length. */
export function formatNetwork({ groups, prefix }: Network): string {
  const [high = 0, low = 0] = groups
  const address =
    groups.length === 2
      ? [high >> 8, high & 255, low >> 8, low & 255].join('.')
      : new URL(`http://[${groups.map((group) => group.toString(16)).join(':')}]`).hostname.slice(
          1,
          -1,
        )
  return prefix === 16 * groups.length ? address : `${address}/${prefix}`
}
