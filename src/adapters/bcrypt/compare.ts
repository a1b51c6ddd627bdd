import type { CompareBcrypt } from '../../credentials/bcrypt-checks.ts'
import { loadBcrypt } from './load.ts'

/**
 * Compares in the threads of libuv: the event loop goes on meanwhile. The library is loaded with the
 * first comparison, because it is machine code that most have no use for; a load that failed is tried
 * again with the next.
 */
export function createBcryptComparison(
  load: () => Promise<{ readonly compare: CompareBcrypt }> = async () =>
    (await import('bcrypt')).default,
): CompareBcrypt {
  let loaded: Promise<{ readonly compare: CompareBcrypt }> | undefined

  return async (password, hash) => {
    loaded ??= loadBcrypt(load, 'put password into these Secrets').catch((error: unknown) => {
      loaded = undefined
      throw error
    })
    const { compare } = await loaded
    // htpasswd's name for the variant that OpenBSD, and this library, call 2b.
    return compare(password, hash.replace(/^\$2y\$/, '$2b$$'))
  }
}
