import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { Child } from '../../tools/stack/child.ts'
import { freePort } from '../../tools/stack/ports.ts'
import { ask } from '../support/http.ts'
import { ROOT } from '../support/pages.ts'
import { walkPage, type Walk } from '../support/pages/walk.ts'

const HEADING = 'On a machine'

describe('README.md', () => {
  let home: string
  let port: number
  let pageWalk: (page: string) => Walk
  let walk: Walk
  let services: readonly Child[] = []
  before(async () => {
    home = await mkdtemp(path.join(os.tmpdir(), 'rauth-readme-'))
    port = await freePort()
    await mkdir(path.join(home, 'bin'))
    await symlink(path.join(ROOT, 'dist/rauth.js'), path.join(home, 'bin/rauth'))
    const env = {
      HOME: home,
      PATH: `${home}/bin:${path.dirname(process.execPath)}:${process.env['PATH'] ?? ''}`,
      ...Object.fromEntries(
        ['GATEWAY', 'GATEWAY_HTTP', 'OPERATIONS'].map((name) => [
          `RAUTH_LISTEN_${name}`,
          '127.0.0.1:0',
        ]),
      ),
      RAUTH_LISTEN_TOKEN: `127.0.0.1:${String(port)}`,
    }
    // It is built.
    const replace = { 'npm run build && npm link': 'true', 8080: String(port) }
    pageWalk = (page) => walkPage({ page, home, env, replace })
    walk = pageWalk('README.md')
  })
  after(async () => {
    for (const one of services) await one.stop()
    await rm(home, { recursive: true, force: true })
  })

  it('says how rauth runs on a machine', async () => {
    const [first = '', second = ''] = walk.text(HEADING).split('# In another terminal\n')
    const made = await walk.shell(first)
    assert.equal(made.code, 0, made.output)
    const ready = () =>
      ask(port, '/health').then(
        ({ status }) => status === 200,
        () => false,
      )
    services = await walk.start(HEADING, ready)
    const asked = await walk.shell(second)
    assert.equal(asked.code, 0, asked.output)
    assert.match(asked.stdout, /^\{"token":"ey/)
  })

  it('leaves a folder in which docs/keys.md rotates keys', async () => {
    const { output } = await pageWalk('docs/keys.md').section('Signing keys')
    assert.match(output, /"keys":/)
    assert.match(output, /-----BEGIN CERTIFICATE-----/)
  })

  it('leaves a folder in which docs/troubleshooting.md asks who may do what', async () => {
    const asking = pageWalk('docs/troubleshooting.md')
    const lines = asking.text('The login works, and a pull or push is denied').trim().split('\n')
    assert.equal(lines.length, 2)
    for (const line of lines) {
      const { code, output } = await asking.shell(line)
      assert.equal(code, 1, `${line}: ${output}`)
    }
  })
})
