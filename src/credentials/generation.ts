import { createHmac, type KeyObject } from 'node:crypto'

/** Bytes of the HMAC that are kept: 96 bits are beyond any accidental collision. */
const LENGTH = 12

/**
 * The generation of a credential: changes whenever its user name or its password changes.
 *
 * It travels in tokens, which anyone who gets hold of one can read, so it is keyed: with a plain
 * hash, a token would let its reader try passwords offline. The key is the binding key, a secret of
 * 32 bytes that all replicas share: any of them must find, in the token of any other, the generation
 * that it computed itself. A key of the process (as for password hashes) would end every token at
 * each restart. JSON keeps the three parts apart: no two triples have the same text.
 */
export function credentialGeneration(
  bindingKey: KeyObject,
  credential: { readonly id: string; readonly username: string; readonly password: string },
): string {
  const { id, username, password } = credential
  return createHmac('sha256', bindingKey)
    .update(JSON.stringify([id, username, password]), 'utf8')
    .digest()
    .subarray(0, LENGTH)
    .toString('base64url')
}
