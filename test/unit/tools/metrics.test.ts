import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, it } from 'node:test'
import * as prettier from 'prettier'
import { REASONS } from '../../../src/refusal.ts'
import { ROUTE_NAMES } from '../../../src/route-name.ts'
import { knownMetrics } from '../../../tools/metrics/known.ts'
import { withTable } from '../../../tools/metrics/page.ts'

/** The page, from dist/test/unit/tools. */
const PAGE = path.resolve(import.meta.dirname, '../../../../docs/metrics.md')

describe('docs/metrics.md', () => {
  const page = readFileSync(PAGE, 'utf8')

  it('has the metrics of both programs: else run "node tools/run.mjs metrics"', async () => {
    const options = (await prettier.resolveConfig(PAGE)) ?? {}
    const made = withTable(page, await knownMetrics())
    assert.equal(page, await prettier.format(made, { ...options, parser: 'markdown' }))
  })

  it('says of each label what it can be', async () => {
    const own = (await knownMetrics()).filter(({ name }) => name.startsWith('rauth_'))
    assert.ok(own.length > 25)
    const labels = [...new Set(own.flatMap((one) => one.labels))].sort()
    const rows = [...page.matchAll(/^\| `(\w+)` +\| (?!(?:gauge|counter|histogram) )/gm)]
    assert.deepEqual(rows.map(([, label]) => label).sort(), labels)
    for (const route of ROUTE_NAMES) assert.ok(page.includes(`\`${route}\``), route)
  })

  it('would tell of a page without a place for them', () => {
    assert.throws(() => withTable('# Metrics', []), /the page has no/)
  })
})

describe('the reasons and routes of decisions', () => {
  it('are words, since they are values of labels', () => {
    for (const word of [...REASONS, ...ROUTE_NAMES]) assert.match(word, /^[a-z_]+$/)
  })
})
