import type { CompareBcrypt } from '../../credentials/bcrypt-checks.ts'
import { messageOf, RauthError } from '../../errors.ts'

/**
 * Compares in the threads of libuv: the event loop goes on meanwhile. The library is loaded with the
 * first comparison, because it is machine code that most have no use for; a load that failed is tried
 * again with the next.
 */
export function createBcryptComparison(
  load: () => Promise<{ readonly verify: CompareBcrypt }> = () => import('@node-rs/bcrypt'),
): CompareBcrypt {
  let loaded: Promise<{ readonly verify: CompareBcrypt }> | undefined

  return async (password, hash) => {
    loaded ??= load().catch((error: unknown) => {
      loaded = undefined
      throw new RauthError(
        'ERR_BCRYPT_UNAVAILABLE',
        `the package @node-rs/bcrypt, which Secrets with passwordHash need, cannot be loaded (${messageOf(error)}): ` +
          'install it where rauth is installed, for this platform (npm install @node-rs/bcrypt), ' +
          'or put password into these Secrets',
        { cause: error },
      )
    })
    const { verify } = await loaded
    return verify(password, hash)
  }
}
