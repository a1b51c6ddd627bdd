import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { madePages } from './made.ts'

/** `node tools/run.mjs docs`: makes what of the pages is made of something else. */

/** The repository, from dist/tools/docs. */
const ROOT = path.resolve(import.meta.dirname, '../../..')

for (const [name, content] of await madePages(ROOT)) {
  writeFileSync(path.join(ROOT, name), content)
  process.stdout.write(`wrote ${name}\n`)
}
