import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { formatTable } from '../../../src/commands/table.ts'

describe('a table', () => {
  it('lines its columns up, with no space at the end of a line', () => {
    const rows = [
      ['A', 'BB', 'C'],
      ['aaa', '', 'c'],
      ['a', '\u202eb', ''],
    ]
    assert.equal(formatTable(rows), 'A    BB       C\naaa           c\na    \\u202eb\n')
  })

  it('may have more rows than a function takes arguments', () => {
    const rows = Array.from({ length: 300_000 }, (_, row) => [String(row % 7), 'x'])
    assert.equal(formatTable(rows).length, rows.length * '0  x\n'.length)
  })
})
