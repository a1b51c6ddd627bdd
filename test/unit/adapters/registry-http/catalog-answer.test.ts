import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readCatalogAnswer } from '../../../../src/adapters/registry-http/catalog-answer.ts'

const read = (body: string, link: string | null = null, size?: number) => {
  const result = readCatalogAnswer({ body, link, size })
  return result.ok ? result.value : result.refusal.reason
}
const AB = '{"repositories":["a","b"]}'

describe('readCatalogAnswer', () => {
  it('reads the names', () => {
    assert.deepEqual(read(AB), { names: ['a', 'b'], next: undefined })
    assert.deepEqual(read('{"repositories":null}'), { names: [], next: undefined })
    assert.deepEqual(read('{"repositories":[],"more":1}\n'), { names: [], next: undefined })
  })

  for (const [link, next] of [
    ['</v2/_catalog?last=b&n=2>; rel="next"', 'b'],
    ['</v2/_catalog?n=2&last=x%2Fy>; rel="next"', 'x/y'],
    ['<http://elsewhere.test/evil?last=q>; rel=next', 'q'],
    ['</other?token=1>; rel="next"', 'b'],
    ['</first>; rel="first", </v2/_catalog?last=c>; rel="next"', 'c'],
    ['</v2/_catalog?last=c>; rel="prev"', undefined],
    ['</v2/_catalog?last=c>', undefined],
    ['nonsense', undefined],
  ] as const) {
    it(`goes on after ${link}`, () => {
      assert.deepEqual(read(AB, link), { names: ['a', 'b'], next })
    })
  }

  it('goes on after a full page, also without a link', () => {
    assert.deepEqual(read(AB, null, 2), { names: ['a', 'b'], next: 'b' })
    assert.deepEqual(read(AB, null, 3), { names: ['a', 'b'], next: undefined })
  })

  for (const body of [
    ...['', 'null', '[]', '"repositories"', '{}', '{"repositories":{}}', '{"repositories":"a"}'],
    ...['{"repositories":["a",1]}', '{"repositories":[["a"]]}', '{"repositories":["a"]', '<html>'],
  ]) {
    it(`is no catalog: ${body}`, () => {
      assert.equal(read(body), 'registry_unavailable')
    })
  }

  it('knows no next page after nothing, nor one that is too long', () => {
    assert.equal(read('{"repositories":[]}', '</x>; rel="next"'), 'registry_unavailable')
    const long = `</x?last=${'a'.repeat(2000)}>; rel="next"`
    assert.equal(read(AB, long), 'registry_unavailable')
  })
})
