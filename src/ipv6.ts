/** The eight groups of an IPv6 address, each a number of 16 bits (RFC 4291 §2.2). */
export function ipv6Groups(address: string): readonly number[] {
  // Of all spellings of an address URLs have one.
  const [before = [], after = []] = new URL(`http://[${address}]`).hostname
    .slice(1, -1)
    .split('::')
    .map((side) => side.split(':').filter((group) => group !== ''))
  const zeros = Array<string>(8 - before.length - after.length).fill('0')
  return [...before, ...zeros, ...after].map((group) => parseInt(group, 16))
}
