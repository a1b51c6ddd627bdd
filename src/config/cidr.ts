import { isIPv4, isIPv6 } from 'node:net'
import { ipv6Groups } from '../ipv6.ts'

/** A network, and an address as the network of one. */
export interface Cidr {
  readonly address: string
  readonly prefix: number
  readonly family: 'ipv4' | 'ipv6'
}

/**
 * `10.0.0.0/8`, `fd00::/8` or one address (RFC 4632 §3.1, RFC 4291 §2.3). What is
 * neither is told in words: of a network with bits behind its prefix nobody knows which of the two was meant.
 */
export function parseCidr(text: string): Cidr | string {
  const parsed = parseLooseCidr(text)
  if (typeof parsed === 'string') return parsed
  const { address, prefix, family } = parsed
  return bitsOf(address, family).slice(prefix).includes('1')
    ? `must be the address of a network: "/${prefix}" leaves bits of this one behind it`
    : parsed
}

/** The same, of which the bits behind the prefix mean nothing. */
export function parseLooseCidr(text: string): Cidr | string {
  const [, address = '', digits] = /^([^/%]+)(?:\/(0|[1-9]\d{0,2}))?$/.exec(text) ?? []
  const family = isIPv4(address) ? 'ipv4' : isIPv6(address) ? 'ipv6' : undefined
  if (family === undefined) return 'must be an IP address, or a network such as 10.0.0.0/8'
  const { length } = bitsOf(address, family)
  const prefix = digits === undefined ? length : Number(digits)
  if (prefix > length) return `must have a prefix of ${length} bits at most`
  return { address, prefix, family }
}

/** The first address of the network that a loose text names, with its prefix; one address alone as it is. */
export function networkAddress(text: string): string {
  const parsed = parseLooseCidr(text)
  if (typeof parsed === 'string' || !text.includes('/')) return text
  const { address, prefix, family } = parsed
  const bits = bitsOf(address, family)
  const width = family === 'ipv4' ? 8 : 16
  const parts: string[] = []
  for (let at = 0; at < bits.length; at += width) {
    const kept = bits.slice(at, Math.max(at, Math.min(prefix, at + width)))
    const number = parseInt(kept.padEnd(width, '0'), 2)
    parts.push(family === 'ipv4' ? String(number) : number.toString(16))
  }
  return `${parts.join(family === 'ipv4' ? '.' : ':')}/${prefix}`
}

function bitsOf(address: string, family: Cidr['family']): string {
  return family === 'ipv4'
    ? address
        .split('.')
        .map((byte) => binary(Number(byte), 8))
        .join('')
    : ipv6Groups(address)
        .map((group) => binary(group, 16))
        .join('')
}

function binary(number: number, width: number): string {
  return number.toString(2).padStart(width, '0')
}
