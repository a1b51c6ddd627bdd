import { createHmac, timingSafeEqual } from 'node:crypto'

export interface PasswordHasher {
  /** 32 bytes, whatever the length of the password. */
  hash(password: string): Buffer
}

/**
 * Hashes passwords for comparison in this process: HMAC-SHA-256 under a random key that lives as
 * long as the process. The hashes have one length, so a constant-time comparison applies to them,
 * and a memory dump without the key can't be searched with guesses. Not a hash to store: passwords
 * of Secrets are generated, and a slow hash would let a burst of logins starve the gateway.
 */
export function createPasswordHasher(key: Buffer): PasswordHasher {
  return {
    hash: (password) => createHmac('sha256', key).update(password, 'utf8').digest(),
  }
}

/** Compares two hashes in a time that does not tell where they differ. */
export function samePassword(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b)
}
