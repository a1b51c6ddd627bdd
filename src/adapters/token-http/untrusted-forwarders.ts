import type { Log } from '../../log.ts'
import type { OnUntrusted } from './client-address.ts'

/** Peers that are told of: proxies are few, and whoever else sends the header must not fill the log. */
const MAX_PEERS = 16

/**
 * Warns of each address, once, that says for whom it asks and is not trusted with that: most likely the
 * proxy in front, behind which all clients then are one.
 */
export function createUntrustedNotice(log: Pick<Log, 'warn'>): OnUntrusted {
  const told = new Set<string>()
  return (peer, header) => {
    if (told.size >= MAX_PEERS || told.has(peer)) return
    told.add(peer)
    log.warn(
      { address: peer, header },
      `${peer} sends ${header} and is not in trustedProxies: all clients behind it count as one, for ` +
        'guesses and for rules with ip; next: add it there, if it is your proxy',
    )
  }
}
