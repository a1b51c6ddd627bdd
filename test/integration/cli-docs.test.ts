import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { makeCliFolder, type CliFolder } from '../support/cli-folder.ts'
import { filesIn, makeTranscripts, withTranscripts } from '../support/transcripts.ts'

/** The page, from dist/test/integration. */
const PAGE = path.resolve(import.meta.dirname, '../../../docs/cli.md')

/** The page is what the commands print: `UPDATE_TRANSCRIPTS=1` writes it anew. */
describe('docs/cli.md', () => {
  let folder: CliFolder
  let page: string
  before(async () => {
    page = await readFile(PAGE, 'utf8')
    folder = await makeCliFolder(Object.fromEntries(filesIn(page)))
  })
  after(() => folder.remove())

  it('shows what each command prints', async () => {
    const { directory } = folder
    const transcripts = await makeTranscripts(page, { directory, kind: 'console' })
    assert.ok(transcripts.length > 0)
    if (process.env['UPDATE_TRANSCRIPTS'] === '1') {
      await writeFile(PAGE, withTranscripts(page, transcripts))
      return
    }
    for (const { line, text, made } of transcripts) assert.equal(made, text, `docs/cli.md:${line}`)
  })
})
