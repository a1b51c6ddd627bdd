import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { madeFiles } from './made.ts'

/** `node tools/run.mjs chart`: makes what of the chart is made of something else. */

/** The repository, from dist/tools/chart. */
const ROOT = path.resolve(import.meta.dirname, '../../..')

for (const [name, content] of await madeFiles(ROOT)) {
  const file = path.join(ROOT, 'charts/rauth', name)
  mkdirSync(path.dirname(file), { recursive: true })
  writeFileSync(file, content)
  process.stdout.write(`wrote charts/rauth/${name}\n`)
}
