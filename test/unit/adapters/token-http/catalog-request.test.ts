import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readCatalogRequest } from '../../../../src/adapters/token-http/catalog-request.ts'

const read = (query: string, ...authorization: string[]) => {
  const parsed = readCatalogRequest(query, authorization)
  return parsed.ok ? parsed.value : parsed.refusal.reason
}

describe('readCatalogRequest', () => {
  for (const [query, count, last] of [
    ['', 100, ''],
    ['n=', 100, ''],
    ['last=', 100, ''],
    ['last=&n=1000', 1000, ''],
    ['n=0', 0, ''],
    ['n=1', 1, ''],
    ['n=0012', 12, ''],
    ['n=5&last=team-a%2Fapp', 5, 'team-a/app'],
    ['last=team-a/x__y.z&n=5', 5, 'team-a/x__y.z'],
    ['last=team-', 100, 'team-'],
    [`last=${'a'.repeat(255)}`, 100, 'a'.repeat(255)],
  ] as const) {
    it(`reads ${query.slice(0, 40) || 'nothing'}`, () => {
      assert.deepEqual(read(query), { count, last, authorization: undefined })
    })
  }

  for (const [query, reason] of [
    ['n=-1', 'page_size_invalid'],
    ['n=1001', 'page_size_invalid'],
    ['n=99999', 'page_size_invalid'],
    ['n=99999999999999999999', 'page_size_invalid'],
    ['n=abc', 'page_size_invalid'],
    ['n=1.5', 'page_size_invalid'],
    ['n=1e2', 'page_size_invalid'],
    ['n=0x10', 'page_size_invalid'],
    ['n=%201', 'page_size_invalid'],
    ['n=%2B2', 'page_size_invalid'],
    ['n=1&n=2', 'query_invalid'],
    ['last=a&last=b', 'query_invalid'],
    ['last=%00', 'query_invalid'],
    ['last=%0d%0aX:%20y', 'query_invalid'],
    ['last=A', 'query_invalid'],
    ['last=a%22', 'query_invalid'],
    ['last=%3E', 'query_invalid'],
    ['last=a/../b', 'query_invalid'],
    ['last=%ff', 'query_invalid'],
    ['last=a%26n=5', 'query_invalid'],
    [`last=${'a'.repeat(256)}`, 'query_invalid'],
    ['N=1', 'query_invalid'],
    ['x=1', 'query_invalid'],
    ['__proto__=1', 'query_invalid'],
    ['n=1;last=a', 'query_invalid'],
  ] as const) {
    it(`refuses ${query.slice(0, 40)}`, () => {
      assert.equal(read(query), reason)
    })
  }

  it('makes of two Authorization headers none that is a token', () => {
    assert.deepEqual(read('', 'Bearer a', 'Bearer b'), {
      ...{ count: 100, last: '', authorization: 'Bearer a,Bearer b' },
    })
  })
})
