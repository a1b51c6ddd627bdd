import type { Redacted } from '../../redacted.ts'
import { loadBcrypt } from './load.ts'

/** A bcrypt hash of a password, with a salt of its own. Throws ERR_BCRYPT_UNAVAILABLE. */
export async function hashPassword(password: Redacted<string>, cost: number): Promise<string> {
  const load = async () => (await import('bcrypt')).default
  const { hash } = await loadBcrypt(load, 'make the hash elsewhere: htpasswd -nB')
  return hash(password.reveal(), cost)
}
