import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { describe, it } from 'node:test'
import { slowest } from '../../../../tools/test/slowest.ts'
import { LONG, longFirst } from '../../../../tools/test/start-order.ts'

const TESTS = path.resolve(import.meta.dirname, '../../../../../test')

describe('slowest', () => {
  const times = (count: number) =>
    Array.from({ length: count }, (_, i) => ({ file: `test/${i}`, milliseconds: i * 1000 }))

  it('names ten, the longest first', () => {
    const lines = slowest(times(12))
    assert.equal(lines.length, 11)
    assert.equal(lines[1], '   11.0 s  test/11')
    assert.equal(lines.at(-1), '    2.0 s  test/2')
  })

  it('has nothing to say of a few', () => {
    assert.deepEqual(slowest(times(9)), [])
  })
})

describe('the order in which test files start', () => {
  it('begins with the long ones that are to run', () => {
    const last = path.join('test', LONG[0])
    assert.deepEqual(longFirst(['test/a', 'test/b', last]), [last, 'test/a', 'test/b'])
    assert.deepEqual(longFirst(['test/a', 'test/b']), ['test/a', 'test/b'])
  })

  for (const file of LONG) {
    it(`knows a file that is there: ${file}`, () => {
      assert.ok(existsSync(path.join(TESTS, file)))
    })
  }
})
