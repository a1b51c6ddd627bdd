import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { installParts } from '../../tools/parts/install.ts'
import { auditLines } from '../support/audit-lines.ts'
import { pageAt } from '../support/pages.ts'
import { run } from '../support/run.ts'

const now = new Date().toISOString()
const long = new Date(Date.now() - 7_200_000).toISOString()

/** What a line has in any case. */
const HEAD = { level: 'info', msg: 'decision', time: now, half: 'gateway', milliseconds: 0.5 }
const ALLOWED = { outcome: 'allowed', status: 200, account: 'team-a', address: '10.0.0.1' }
const REFUSED = { outcome: 'refused', status: 401, half: 'token', method: 'GET', route: 'token' }
const WRONG = { cause: 'password_wrong', detail: 'wrong password for team-a' }
const GUESS = {
  ...{ ...REFUSED, ...WRONG, requested: '' },
  ...{ reason: 'credentials_invalid', address: '10.0.0.9' },
}
const APP = 'repository:team-a/app'

const LINES: readonly object[] = [
  { ...ALLOWED, method: 'GET', route: 'manifest_read', requested: `${APP}:pull`, sampled: 100 },
  { ...ALLOWED, method: 'GET', route: 'manifest_read', requested: `${APP}:pull`, tokenId: '6f0c…' },
  { ...ALLOWED, method: 'PUT', route: 'manifest_write', requested: `${APP}:pull,push` },
  { ...ALLOWED, method: 'PUT', route: 'manifest_write', requested: 'repository:team-a/apple:push' },
  { ...ALLOWED, half: 'token', method: 'GET', route: 'token', requested: '' },
  { ...REFUSED, half: 'gateway', reason: 'path_invalid', path: '/v2/../x', route: undefined },
  { ...GUESS, id: '3e0b7a55-3f4c-4a0a-9d6e-5b1f0a3c2d11' },
  GUESS,
  { ...GUESS, time: long, address: '10.0.0.8' },
]

/** What each command of the page prints of these lines, in their order. */
const PRINTED: readonly RegExp[] = [
  /^\{[^\n]*"id":"3e0b7a55-3f4c-4a0a-9d6e-5b1f0a3c2d11"[^\n]*\}\n$/,
  /^ +2 credentials_invalid\t-\t10\.0\.0\.9\t\n +1 path_invalid\t-\t-\t\/v2\/\.\.\/x\n$/,
  /^\S+\tteam-a\t10\.0\.0\.1\tPUT\trepository:team-a\/app:pull,push\n$/,
  /^\{[^\n]*"tokenId":"6f0c…"[^\n]*\}\n$/,
  /^ +2 password_wrong\t10\.0\.0\.9\twrong password for team-a\n +1 password_wrong\t10\.0\.0\.8\t[^\n]*\n$/,
  /^ +2 10\.0\.0\.9\n +1 10\.0\.0\.8\n$/,
  /^101\n$/,
]

describe('docs/audit.md: looking things up', () => {
  let folder: string
  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'rauth-audit-'))
    const whole = LINES.map((line, index) => ({ ...HEAD, id: `id-${String(index)}`, ...line }))
    const text = whole.map((line) => `${JSON.stringify(line)}\n`).join('')
    assert.equal(auditLines(text).length, LINES.length)
    await writeFile(path.join(folder, 'audit.log'), text)
  })
  after(() => rm(folder, { recursive: true, force: true }))

  it('has commands of which each finds what it is for', async () => {
    const { jq } = await installParts(['jq'])
    const block = pageAt('docs/audit.md').blocks.find(({ language }) => language === 'sh')
    const commands = block?.text.split(/^# .*\n/m).slice(1) ?? []
    assert.equal(commands.length, PRINTED.length)
    for (const [index, command] of commands.entries()) {
      const { code, output, stdout } = await run(
        'bash',
        ['-euo', 'pipefail', '-c', `cd ${folder}\njq() { ${jq} "$@"; }\n${command}`],
        { env: { LC_ALL: 'C' } },
      )
      assert.equal(code, 0, output)
      assert.match(stdout, PRINTED[index] ?? assert.fail(), command)
    }
  })
})
