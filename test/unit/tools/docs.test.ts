import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, it } from 'node:test'
import { SETTINGS } from '../../../src/config/settings.ts'
import { madePages } from '../../../tools/docs/made.ts'

/** The root of the repository, from dist/test/unit/tools. */
const ROOT = path.resolve(import.meta.dirname, '../../../..')

describe('the pages that are made', () => {
  it('are as they are made: else node tools/run.mjs docs', async () => {
    for (const [name, content] of await madePages(ROOT)) {
      assert.equal(readFileSync(path.join(ROOT, name), 'utf8'), content, name)
    }
  })

  it('tell of every setting and its variable', async () => {
    const page = (await madePages(ROOT)).get('docs/configuration.md') ?? assert.fail()
    for (const { variable } of SETTINGS) assert.match(page, new RegExp(`\\| \`${variable}\` `))
  })
})
