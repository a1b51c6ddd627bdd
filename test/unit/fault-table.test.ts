import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, it } from 'node:test'
import { TIMINGS } from '../../src/adapters/kubernetes/follow/timings.ts'
import { fromWords, markdownTable, NAMES, rowsOf, withTable } from '../faults/table.ts'
import { FAULTS } from '../support/kubernetes/fault-table.ts'

/** The repository, from dist/test/unit. */
const ROOT = path.resolve(import.meta.dirname, '../../..')

describe('the table of faults in docs/kubernetes.md', () => {
  it('has each fault with the bound that its test has, and was within it', async () => {
    const rows = rowsOf(await readFile(path.join(ROOT, 'docs/kubernetes.md'), 'utf8'))
    assert.deepEqual(
      rows.map(([name]) => name),
      [...NAMES],
    )
    for (const [i, [, bound = '', observed = '']] of rows.entries()) {
      const name = NAMES[i] ?? assert.fail()
      assert.equal(fromWords(bound), FAULTS[name](TIMINGS), name)
      assert.ok(fromWords(observed) <= fromWords(bound), `${name}: ${observed}`)
    }
  })

  it('has no fault without a test', async () => {
    const folder = path.join(ROOT, 'test/e2e/kubernetes')
    const files = (await readdir(folder)).filter((file) => file.startsWith('faults-'))
    const texts = await Promise.all(files.map((file) => readFile(path.join(folder, file), 'utf8')))
    for (const name of NAMES) {
      assert.ok(
        texts.some((text) => text.includes(`'${name}'`)),
        name,
      )
    }
  })

  it('can be made anew', () => {
    const observed = new Map(NAMES.map((name, i) => [name, i * 130.2]))
    const made = withTable(
      'before <!-- made by: node tools/run.mjs faults --seconds 300 --write --> old ' +
        '<!-- end of what is made --> after',
      markdownTable(observed),
    )
    assert.match(made, /^before .*after$/s)
    assert.deepEqual(
      rowsOf(made).map(([name, , took = '']) => [name, Math.round(fromWords(took) / 100)]),
      NAMES.map((name, i) => [name, Math.round(Math.ceil(i * 130.2) / 100)]),
    )
  })
})
