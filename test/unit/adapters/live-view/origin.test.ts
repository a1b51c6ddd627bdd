import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { describe, it } from 'node:test'
import { isCrossOrigin, whyNotLocal } from '../../../../src/adapters/live-view/origin.ts'

function request(remoteAddress: string, headers: Record<string, string>): IncomingMessage {
  return { socket: { remoteAddress }, headers } as unknown as IncomingMessage
}

const LOCAL = { host: 'localhost:9090' }

const OF_BROWSERS = {
  ...{ accept: 'text/html', 'accept-language': 'en', 'accept-encoding': 'gzip', dnt: '1' },
  ...{ connection: 'keep-alive', cookie: 'a=b', 'cache-control': 'no-cache', pragma: 'no-cache' },
  ...{ 'sec-fetch-site': 'none', 'sec-ch-ua': 'a', 'upgrade-insecure-requests': '1' },
  ...{ 'last-event-id': 'a', 'if-none-match': 'a', priority: 'u=0', referer: 'a', te: 'trailers' },
}

const OF_PROXIES = [
  ...['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto'],
  ...['x-forwarded-port', 'x-forwarded-server', 'x-forwarded-prefix', 'x-forwarded-client-cert'],
  ...['x-real-ip', 'x-request-id', 'x-client-ip', 'x-cluster-client-ip', 'x-original-host'],
  ...['x-original-uri', 'x-envoy-internal', 'x-amzn-trace-id', 'x-arr-log-id', 'x-b3-traceid'],
  ...['cf-connecting-ip', 'cf-ray', 'cdn-loop', 'true-client-ip', 'client-ip', 'fly-client-ip'],
  ...['fastly-client-ip', 'l5d-client-id', 'l5d-dst-override', 'akamai-origin-hop'],
]

const PLACES: readonly (readonly [string, Record<string, string>, boolean])[] = [
  ['127.0.0.1', LOCAL, true],
  ['::1', { host: '[::1]:9090' }, true],
  ['::ffff:127.0.0.1', { host: '127.0.0.1:1234' }, true],
  ['127.0.0.1', { host: 'LOCALHOST' }, true],
  ['10.0.0.7', LOCAL, false],
  ['::ffff:10.0.0.7', LOCAL, false],
  // What Istio's sidecar hands on from outside.
  ['127.0.0.6', LOCAL, false],
  ['127.0.0.1', { host: 'rebound.example:9090' }, false],
  ['127.0.0.1', { host: 'localhost.example' }, false],
  ['127.0.0.1', { host: 'rauth.rauth.svc:9090' }, false],
  ['127.0.0.1', {}, false],
  // What a browser sends, and curl.
  ['127.0.0.1', { ...LOCAL, ...OF_BROWSERS }, true],
  ['127.0.0.1', { ...LOCAL, accept: '*/*', 'user-agent': 'curl/8' }, true],
  ...OF_PROXIES.map((name) => ['127.0.0.1', { ...LOCAL, [name]: 'a' }, false] as const),
]

describe('whether a request is of this very machine', () => {
  for (const [address, headers, expected] of PLACES) {
    it(`${address} ${JSON.stringify(headers)}: ${expected ? 'yes' : 'no'}`, () => {
      const why = whyNotLocal(request(address, headers))
      assert.equal(why === undefined, expected, why)
    })
  }
})

const ORIGINS: readonly (readonly [Record<string, string>, boolean])[] = [
  [{}, false],
  [{ origin: 'http://localhost:9090' }, false],
  [{ origin: 'https://localhost:9090' }, false],
  [{ 'sec-fetch-site': 'same-origin' }, false],
  [{ 'sec-fetch-site': 'none' }, false],
  [{ 'sec-fetch-site': 'same-site' }, true],
  [{ 'sec-fetch-site': 'cross-site' }, true],
  [{ origin: 'http://localhost:3000' }, true],
  [{ origin: 'null' }, true],
  [{ origin: 'http://evil.example' }, true],
  [{ 'sec-fetch-site': 'same-origin', origin: 'http://evil.example' }, true],
]

describe('whether a page of another origin asks', () => {
  for (const [headers, expected] of ORIGINS) {
    it(`${JSON.stringify(headers)}: ${expected ? 'yes' : 'no'}`, () => {
      assert.equal(isCrossOrigin(request('127.0.0.1', { ...LOCAL, ...headers })), expected)
    })
  }
})
