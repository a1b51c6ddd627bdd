import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseSaidLabels } from '../../../src/credentials/said-labels.ts'

const many = (count: number) => Array.from({ length: count }, (_, i) => `${i}`)

describe('parseSaidLabels', () => {
  const GOOD: readonly (readonly [said: string, labels: object])[] = [
    ['', {}],
    [' \n', {}],
    ['{}', {}],
    ['{"labels":null}', {}],
    ['{"labels":{"team":["a","b"]},"more":1}', { team: ['a', 'b'] }],
    ['{"labels":{"team":[]}}\n', { team: [] }],
    [JSON.stringify({ labels: { all: many(256) } }), { all: many(256) }],
  ]
  for (const [said, labels] of GOOD) {
    it(`reads ${said.slice(0, 60)}`, () => {
      assert.deepEqual(parseSaidLabels(Buffer.from(said)), labels)
    })
  }

  const BAD: readonly string[] = [
    'yes',
    '[]',
    'null',
    '{"labels":[]}',
    '{"labels":"a"}',
    '{"labels":{"team":"a"}}',
    '{"labels":{"team":[1]}}',
    '{"labels":{"team":[null]}}',
    '{"labels":{}} {}',
    JSON.stringify({ labels: { all: many(257) } }),
    JSON.stringify({ labels: Object.fromEntries(many(65).map((name) => [name, []])) }),
    JSON.stringify({ labels: { team: ['a'.repeat(1025)] } }),
  ]
  for (const said of BAD) {
    it(`does not take ${said.slice(0, 60)}`, () => {
      assert.equal(parseSaidLabels(Buffer.from(said)), undefined)
    })
  }

  it('keeps a label of any name as its own', () => {
    const labels = parseSaidLabels(Buffer.from('{"labels":{"__proto__":["a"]}}')) ?? {}
    assert.deepEqual(Object.entries(labels), [['__proto__', ['a']]])
  })
})
