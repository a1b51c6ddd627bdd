import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { makeCliFolder, type CliFolder } from '../support/cli-folder.ts'
import { startServing, type Serving } from '../support/serving.ts'
import { filesIn, makeTranscripts, withTranscripts } from '../support/transcripts.ts'

/** The page, from dist/test/integration. */
const PAGE = path.resolve(import.meta.dirname, '../../../docs/cli.md')

/** The page is what the commands print: `UPDATE_TRANSCRIPTS=1` writes it anew. */
describe('docs/cli.md', () => {
  let folder: CliFolder
  let page: string
  let serving: Serving
  const login = { username: 'team-a', password: 'a long random text' }
  before(async () => {
    page = await readFile(PAGE, 'utf8')
    folder = await makeCliFolder(Object.fromEntries(filesIn(page)))
    serving = await startServing({
      logins: [login],
      config: {
        service: 'internal-registry.io',
        keys: { directory: folder.file('keys') },
        credentials: { directory: folder.file('secrets') },
        policy: { file: folder.file('policy.yaml') },
      },
    })
  })
  after(async () => {
    await serving.stop()
    await folder.remove()
  })

  it('shows what each command prints', async () => {
    const { directory } = folder
    const { token, gatewayHttp, operations } = serving
    const transcripts = await makeTranscripts(page, {
      ...{ directory, kind: 'console', env: { REGISTRY_PASSWORD: login.password } },
      names: new Map([
        ['http://localhost:8080', `http://127.0.0.1:${token}`],
        // The gateway answers /v2/ as the registry behind it would.
        ['http://localhost:5080', `http://127.0.0.1:${gatewayHttp}`],
        ['http://localhost:9090', `http://127.0.0.1:${operations}`],
      ]),
    })
    assert.ok(transcripts.length > 0)
    if (process.env['UPDATE_TRANSCRIPTS'] === '1') {
      await writeFile(PAGE, withTranscripts(page, transcripts))
      return
    }
    for (const { line, text, made } of transcripts) assert.equal(made, text, `docs/cli.md:${line}`)
  })
})
