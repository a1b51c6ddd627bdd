/**
 * Whether registries compute another `kid` for this public key than RFC 7638 does. distribution
 * strips leading zero bytes of an EC coordinate before it makes the thumbprint, which changes that of
 * about 1 in 128 keys: such a key must not sign. The one coordinate of an Ed25519 key it leaves alone.
 */
export function hasAmbiguousKeyId({
  crv,
  x,
  y,
}: {
  readonly crv?: string | undefined
  readonly x?: string | undefined
  readonly y?: string | undefined
}): boolean {
  if (crv === 'Ed25519') return false
  return [x, y].some(
    (coordinate) => coordinate !== undefined && Buffer.from(coordinate, 'base64url')[0] === 0,
  )
}
