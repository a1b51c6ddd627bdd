/**
 * Whether registries compute another `kid` for this public key than RFC 7638 does. distribution
 * strips leading zero bytes of an EC coordinate before it makes the thumbprint, which changes that of
 * about 1 in 128 keys: such a key must not sign.
 */
export function hasAmbiguousKeyId({
  x,
  y,
}: {
  readonly x?: string | undefined
  readonly y?: string | undefined
}): boolean {
  return [x, y].some(
    (coordinate) => coordinate !== undefined && Buffer.from(coordinate, 'base64url')[0] === 0,
  )
}
