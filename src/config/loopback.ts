import { isIP } from 'node:net'

/** Whether a host name or an address, perhaps in brackets, is this machine's own. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase().replace(/^\[(.*)\]$/, '$1')
  return isIP(host) === 4 ? host.startsWith('127.') : name === '::1' || name === 'localhost'
}
