import { randomBytes } from 'node:crypto'
import { Redacted } from '../../redacted.ts'

/** More than anybody can guess; 32 characters. */
const RANDOM_BYTES = 24

/** A random password. */
export function newPassword(): Redacted<string> {
  return new Redacted(randomBytes(RANDOM_BYTES).toString('base64url'))
}
