import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ask, basic } from '../../support/http.ts'
import { PASSWORD, SERVICE, startTokenService, type TokenServiceOptions } from './token-service.ts'

const LOGIN = basic('team-a', PASSWORD)
const QUERY = `?service=${SERVICE}&scope=repository:team-a/app:pull`
const LOCALHOST = { address: '127.0.0.0', prefix: 8, family: 'ipv4' } as const

async function statusesOf(
  options: TokenServiceOptions,
  targets: readonly string[],
  headers: Readonly<Record<string, string>> = {},
) {
  const service = await startTokenService(options)
  try {
    const statuses: number[] = []
    for (const target of targets) {
      const answer = await ask(service.port, target, {
        headers: { authorization: LOGIN, ...headers },
      })
      statuses.push(answer.status)
    }
    return { statuses, events: service.events }
  } finally {
    await service.listener.close(100)
  }
}

describe('the paths of the token service', () => {
  const tokens = ['/token', '/auth', '/auth/token']

  it('are three for tokens', async () => {
    const targets = [...tokens, '/auth/', '/auth/tokens'].map((path) => path + QUERY)
    const { statuses } = await statusesOf({}, targets)
    assert.deepEqual(statuses, [200, 200, 200, 404, 404])
  })

  it('stand behind a prefix, all but the signs of life and the catalog', async () => {
    const behind = [...tokens.map((path) => path + QUERY), '/jwks.json'].map(
      (path) => `/a/b${path}`,
    )
    const { statuses } = await statusesOf({ pathPrefix: '/a/b' }, [
      ...[...behind, '/a/b/.well-known/openid-configuration', '/health', '/v2/_catalog'],
      ...[`/token${QUERY}`, '/jwks.json', '/a/b/health', `/a/bb/token${QUERY}`],
    ])
    assert.deepEqual(statuses, [200, 200, 200, 200, 200, 200, 401, 404, 404, 404, 404])
  })
})

describe('a client that a proxy names in a header of its own', () => {
  const options = {
    trustedProxies: [LOCALHOST],
    clientHeader: { header: 'x-real-ip', position: 0 },
  }

  it('is who the decision is about', async () => {
    const named = { 'x-real-ip': '192.0.2.7', 'x-forwarded-for': '192.0.2.8' }
    const { statuses, events } = await statusesOf(options, [`/token${QUERY}`], named)
    assert.deepEqual(statuses, [200])
    assert.equal(events[0]?.address, '192.0.2.7')
  })

  it('is never the proxy itself: without the header there is no token', async () => {
    const { statuses, events } = await statusesOf(options, [`/token${QUERY}`])
    assert.deepEqual(statuses, [400])
    assert.deepEqual(
      events.map(({ reason, address }) => [reason, address]),
      [['client_address_missing', undefined]],
    )
  })
})
