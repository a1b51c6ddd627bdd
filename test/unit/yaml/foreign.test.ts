import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readForeignYaml } from '../../../src/yaml/foreign.ts'

/** Ten levels, each of nine times the one before: 3 billion nodes, were they all made. */
const BOMB = Array.from({ length: 10 }, (_, i) => {
  const inside = i === 0 ? 'x' : `*a${i - 1}`
  return `a${i}: &a${i} [${Array<string>(9).fill(inside).join(', ')}]`
}).join('\n')

const READ = [
  ['nothing', '', null],
  ['an alias', 'a: &x 1\nb: *x\n', { a: 1, b: 1 }],
  ['keys that are alike in different maps', 'a: {k: 1}\nb: {k: 1}\n', { a: { k: 1 }, b: { k: 1 } }],
  ['depth as a configuration has it', `${'- '.repeat(60)}a`, nested(60)],
] as const

const FLAWED = [
  ['a quote that is not closed', 'a: "canary', /^MISSING_CHAR$/],
  ['a key twice', 'a: canary\nb: 1\na: 2\n', /^DUPLICATE_KEY$/],
  ['a key twice, further in', 'b: [{a: canary, a: 2}]', /^DUPLICATE_KEY$/],
  ['lists in lists', '- '.repeat(100_000), /^nested more than 250 deep$/],
  ['brackets in brackets', '['.repeat(100_000), /^nested more than 250 deep$/],
  ['maps in maps', '{a: '.repeat(100_000), /^nested more than 250 deep$/],
  ['aliases of aliases', BOMB, /^an alias in it stands for nothing, or for too much$/],
  ['an alias of nothing', 'a: *canary', /^an alias in it stands for nothing, or for too much$/],
] as const

function nested(depth: number): unknown {
  return depth === 0 ? 'a' : [nested(depth - 1)]
}

describe('YAML of others', () => {
  for (const [name, text, value] of READ) {
    it(`is read: ${name}`, () => {
      assert.deepEqual(readForeignYaml(text), { value })
    })
  }

  for (const [name, text, flaw] of FLAWED) {
    it(`is refused in words that quote nothing: ${name}`, () => {
      const read = readForeignYaml(text)
      assert.match('flaw' in read ? read.flaw : 'none', flaw)
    })
  }

  it('takes time by its size, not by the square of it', () => {
    const keys = (count: number) => {
      const text = Array.from({ length: count }, (_, i) => `key${i}: 1`).join('\n')
      const begin = process.cpuUsage()
      assert.ok('value' in readForeignYaml(text))
      return process.cpuUsage(begin).user
    }
    keys(2_000)
    // Of each with each this would be 256 times as much.
    assert.ok(keys(32_000) < 100 * keys(2_000))
  })
})
