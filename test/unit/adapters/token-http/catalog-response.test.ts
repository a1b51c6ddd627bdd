import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { formatCatalogResponse } from '../../../../src/adapters/token-http/catalog-response.ts'
import { accepted, refused } from '../../../../src/refusal.ts'

const WHERE = { realm: 'https://registry.test/token', service: 'registry.test' }
const HEADERS = {
  'content-type': 'application/json',
  'docker-distribution-api-version': 'registry/2.0',
  'cache-control': 'no-store',
}

describe('formatCatalogResponse', () => {
  it('is the answer of a registry, with a link if there is more', () => {
    const repositories = ['a/b', 'team-a/x__y']
    const format = (more: boolean) =>
      formatCatalogResponse(
        { decision: 'id-1', result: accepted({ repositories, more }) },
        2,
        WHERE,
      )
    assert.deepEqual(format(false), {
      status: 200,
      headers: HEADERS,
      body: '{"repositories":["a/b","team-a/x__y"]}',
    })
    assert.deepEqual(format(true).headers, {
      ...HEADERS,
      link: '</v2/_catalog?last=team-a%2Fx__y&n=2>; rel="next"',
    })
  })

  it('refuses as a registry does', () => {
    const format = (reason: Parameters<typeof refused>[0], scope?: string) =>
      formatCatalogResponse(
        { decision: 'id-1', result: refused(reason, scope === undefined ? {} : { scope }) },
        0,
        WHERE,
      )
    const missing = format('token_missing', 'registry:catalog:*')
    assert.equal(missing.status, 401)
    assert.equal(
      missing.headers['www-authenticate'],
      'Bearer realm="https://registry.test/token",service="registry.test",scope="registry:catalog:*"',
    )
    const down = format('registry_unavailable')
    assert.deepEqual([down.status, down.headers['retry-after']], [503, '2'])
    assert.match(down.body, /"code":"UNAVAILABLE"/)
    const size = format('page_size_invalid')
    assert.equal(size.status, 400)
    assert.match(size.body, /"code":"PAGINATION_NUMBER_INVALID"/)
  })
})
