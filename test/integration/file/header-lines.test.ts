import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, it } from 'node:test'
import { readHeaderLines } from '../../../src/adapters/file/header-lines.ts'

let file: string
before(async () => {
  file = path.join(await mkdtemp(path.join(os.tmpdir(), 'rauth-headers-')), 'headers')
})
after(() => rm(path.dirname(file), { recursive: true }))

it('reads a header a line', async () => {
  await writeFile(file, 'Authorization: Basic YTpi\r\n\nx-scope:a:b\n')
  assert.deepEqual(await readHeaderLines(file), { Authorization: 'Basic YTpi', 'x-scope': 'a:b' })
})

for (const line of ['no colon, secret', ': secret', 'a b: secret', 'a: secret\u0007']) {
  it(`refuses ${JSON.stringify(line)}, and does not repeat it`, async () => {
    await writeFile(file, `ok: yes\n${line}\n`)
    await assert.rejects(readHeaderLines(file), ({ message }: Error) => {
      assert.ok(message.endsWith('headers:2 is no line NAME: VALUE'))
      return !message.includes('secret')
    })
  })
}
