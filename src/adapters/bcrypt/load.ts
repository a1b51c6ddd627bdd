import { messageOf, RauthError } from '../../errors.ts'

/**
 * The library, which is machine code that most have no use for: it is loaded where it is needed. Throws
 * ERR_BCRYPT_UNAVAILABLE; `instead`: what to do without it.
 */
export async function loadBcrypt<T>(load: () => Promise<T>, instead: string): Promise<T> {
  try {
    return await load()
  } catch (cause) {
    throw new RauthError(
      'ERR_BCRYPT_UNAVAILABLE',
      `the package bcrypt, which Secrets with passwordHash need, cannot be loaded (${messageOf(cause)}): ` +
        `install it where rauth is installed, for this platform (npm install bcrypt), or ${instead}`,
      { cause },
    )
  }
}
