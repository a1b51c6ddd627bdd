import type { Login } from '../credentials/source.ts'
import { networkOf } from './network.ts'

/**
 * Whose place a login takes where places are few: that of the client's network, since whoever asks may call
 * itself as it likes; of a client that has left meanwhile, that of the user name.
 */
export function loginShare({ username, address }: Login): string {
  return address === undefined ? `@${username}` : networkOf(address)
}
