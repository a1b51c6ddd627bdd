import { BlockList, isIP, isIPv6 } from 'node:net'
import { accepted, refused, type Result } from '../../refusal.ts'

export interface ProxyNetwork {
  readonly address: string
  readonly prefix: number
  readonly family: 'ipv4' | 'ipv6'
}

/** The header in which a proxy names the client, where that is not X-Forwarded-For. */
export interface ClientHeader {
  /** In lower case. */
  readonly header: string
  /** Which of the addresses in it, from 0; from the end if negative. */
  readonly position: number
}

/** The values of a request's header of that name in lower case, each by itself. */
export type HeaderValues = (name: string) => readonly string[]

/**
 * Who asks: from the other end of the connection, `undefined` if the client has left, and the headers.
 * Refused where a proxy should have said so and did not.
 */
export type ClientAddress = (
  peer: string | undefined,
  values: HeaderValues,
) => Result<string | undefined>

/** Told of a client that names another one, as only a proxy would that is trusted with it. */
export type OnUntrusted = (peer: string, header: string) => void

const FORWARDED = 'x-forwarded-for'

/** What is read of such headers, characters: more than proxies in a row ever add. */
const MAX_FORWARDED = 4096

/**
 * The address of a client behind trusted proxies: the right-most of X-Forwarded-For that is no trusted
 * proxy's, since each proxy adds at the end who asked it, and what is left of that is the client's own
 * invention. A connection from anyone else is the client, whatever its headers say.
 *
 * Where a trusted proxy added anything but one plain address (`unknown`, a port, brackets, a zone,
 * nothing), the client is that proxy itself: clients that it does not name share its address.
 */
export function createClientAddress(
  trusted: readonly ProxyNetwork[],
  named?: ClientHeader,
  onUntrusted: OnUntrusted = () => undefined,
): ClientAddress {
  const isProxy = among(trusted)
  return (peer, values) => {
    if (peer === undefined) return accepted(peer)
    let client = withoutZone(peer)
    const header = named?.header ?? FORWARDED
    if (!isProxy(client) && values(header).length > 0) onUntrusted(client, header)
    if (trusted.length === 0) return accepted(peer)
    if (named !== undefined) {
      return isProxy(client) ? addressIn(values(named.header), named.position) : accepted(client)
    }
    const hops = values(FORWARDED).join(',').slice(-MAX_FORWARDED).split(',')
    while (isProxy(client)) {
      const hop = hops.pop()?.replace(/^[ \t]+|[ \t]+$/g, '')
      if (hop === undefined || isIP(hop) === 0 || hop.includes('%')) break
      client = hop
    }
    return accepted(client)
  }
}

function among(networks: readonly ProxyNetwork[]): (address: string) => boolean {
  const list = new BlockList()
  for (const { address, prefix, family } of networks) list.addSubnet(address, prefix, family)
  return (address) => list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
}

/** `[address]:port` and `address:port`, as some proxies write it. */
const WITH_PORT = /^(?:\[(.+)\]|([^:]+)):\d+$/

/**
 * The address at one place of a list; a place before its beginning is its beginning. The proxy itself
 * never stands in for the client here: rules may let its own address do more than anybody else.
 */
function addressIn(values: readonly string[], position: number): Result<string> {
  const list = values.join(',')
  const hops = list.length > MAX_FORWARDED ? [] : list.split(',')
  const hop = hops[position < 0 ? Math.max(hops.length + position, 0) : position]?.trim() ?? ''
  const [, bracketed, plain] = WITH_PORT.exec(hop) ?? []
  const address = bracketed ?? plain ?? hop
  return isIP(address) !== 0 && !address.includes('%')
    ? accepted(address)
    : refused('client_address_missing')
}

/** Of a link-local peer: the name of the interface here. */
function withoutZone(address: string): string {
  return address.replace(/%.*$/, '')
}
