import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import * as prettier from 'prettier'
import { knownMetrics } from './known.ts'
import { withTable } from './page.ts'

/** `node tools/run.mjs metrics`: writes the table of metrics into docs/metrics.md. */

/** The repository, from dist/tools/metrics. */
const ROOT = path.resolve(import.meta.dirname, '../../..')
const PAGE = path.join(ROOT, 'docs/metrics.md')

const options = (await prettier.resolveConfig(PAGE)) ?? {}
const page = withTable(readFileSync(PAGE, 'utf8'), await knownMetrics())
writeFileSync(PAGE, await prettier.format(page, { ...options, parser: 'markdown' }))
process.stdout.write('wrote docs/metrics.md\n')
