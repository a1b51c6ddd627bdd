import type { IncomingMessage } from 'node:http'

/**
 * Addresses of this machine alone. Not all of 127.0.0.0/8: Istio's sidecar hands on what comes from outside
 * from 127.0.0.6.
 */
const OWN_ADDRESSES = ['127.0.0.1', '::1', '::ffff:127.0.0.1']

/** What this machine is called by a browser on it; any other name may be one that somebody points here. */
const OWN_NAMES = ['localhost', '127.0.0.1', '[::1]']

/**
 * What proxies add: the peer is then not who asks. Neither a browser nor this page sends a header of such a
 * name by itself, so all of a kind count, known or not.
 */
const OF_PROXIES =
  /^(?:x-.*|forwarded|via|cdn-loop|client-ip|true-client-ip|(?:cf|fastly|fly|l5d|akamai|ali|incap)-.*)$/

/** Why a request is not one of this very machine, in words; nothing if it is. */
export function whyNotLocal({ socket, headers }: IncomingMessage): string | undefined {
  if (!OWN_ADDRESSES.includes(socket.remoteAddress ?? '')) return 'it comes from another machine'
  const proxied = Object.keys(headers).find((name) => OF_PROXIES.test(name))
  if (proxied !== undefined) return `it came by way of a proxy, as its header ${proxied} says`
  const name = (headers.host ?? '').toLowerCase().replace(/:\d+$/, '')
  if (!OWN_NAMES.includes(name)) return 'it was asked for by a name that is not localhost'
  return undefined
}

/**
 * Whether a browser sends it for a page of another origin. What is no browser says nothing of pages, and
 * holds no cookie that it does not know of.
 */
export function isCrossOrigin({ headers }: IncomingMessage): boolean {
  const site = headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return true
  const { origin, host } = headers
  if (origin === undefined) return false
  return !URL.canParse(origin) || new URL(origin).host !== host?.toLowerCase()
}
