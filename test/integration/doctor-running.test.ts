import assert from 'node:assert/strict'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { stringify } from 'yaml'
import { freePort } from '../../tools/stack/ports.ts'
import { replaceFile } from '../../tools/stack/state.ts'
import { makeCliFolder, type CliFolder } from '../support/cli-folder.ts'
import { ask } from '../support/http.ts'
import { startServing, type Serving } from '../support/serving.ts'
import { until } from '../support/until.ts'

/** Longer than a busy machine needs to find a changed file, milliseconds. */
const PATIENCE = 30_000

const POLICY = "rules:\n  - { match: { name: 'library/**' }, actions: [pull] }\n"
const CHECK = 'rauth runs what is on disk'

describe('rauth doctor of a rauth that runs', () => {
  let serving: Serving
  let folder: CliFolder
  before(async () => {
    folder = await makeCliFolder()
    serving = await startServing({
      logins: [],
      files: { 'policy.yaml': POLICY },
      config: { policy: { file: './policy.yaml' } },
    })
  })
  after(async () => {
    await serving.stop()
    await folder.remove()
  })

  const beside = (name: string) => path.join(path.dirname(serving.config), name)

  async function troubles(): Promise<Readonly<Record<string, string>>> {
    const { body } = await ask(serving.operations, '/readyz')
    const { troubles = {} } = JSON.parse(body) as {
      readonly troubles?: Readonly<Record<string, string>>
    }
    return troubles
  }

  async function doctor(...args: readonly string[]) {
    const { code, stdout, stderr } = await folder.rauth(['doctor', ...args])
    const [, state = '', what = ''] = new RegExp(`^(\\w+) +${CHECK} +(.*)$`, 'm').exec(stdout) ?? []
    return { code, state, what, stdout, stderr }
  }

  it('has nothing to say where it runs what is on disk, and counts what it looked at', async () => {
    const { code, state, stderr } = await doctor('-c', serving.config)
    assert.deepEqual([code, state], [0, 'ok'])
    assert.equal(stderr, '5 ok, 6 skipped: what is skipped was not looked at, and may be wrong\n')
  })

  it('says that a policy on disk is refused, and why', async () => {
    await replaceFile(beside('policy.yaml'), 'rules:\n  - { match: { nam: x }, actions: [] }\n')
    await until('it is refused', PATIENCE, async () => 'policy' in (await troubles()))
    const { code, state, what, stderr } = await doctor('-c', serving.config)
    await replaceFile(beside('policy.yaml'), POLICY)
    await until('it is taken', PATIENCE, async () => !('policy' in (await troubles())))
    assert.deepEqual([code, state], [1, 'failed'])
    assert.match(
      what,
      /^policy: what runs is not what is on disk, but what was before: \S+policy\.yaml:2:\d+: .*match\.nam"/,
    )
    assert.match(stderr, /^4 ok, 1 failed, /)
  })

  it('says that another policy decides than the configuration names', async () => {
    await folder.write('other.yaml', 'rules: []\n')
    const config = { realm: `http://127.0.0.1:${serving.token}/token` }
    const listen = { operations: `127.0.0.1:${serving.operations}` }
    await folder.write(
      'rauth.yaml',
      stringify({ ...config, listen, policy: { file: './other.yaml' } }),
    )
    const { code, state, what } = await doctor()
    assert.deepEqual([code, state], [1, 'failed'])
    assert.match(
      what,
      /^another policy decides there, version \w{12}, than \S+other\.yaml is here, /,
    )
  })

  it('says what waits for a restart, also where the port is named', async () => {
    await serving.change({ secretName: 'other' })
    await until('it waits', PATIENCE, async () => 'config' in (await troubles()))
    const operations = `http://127.0.0.1:${serving.operations}`
    const { code, state, what } = await doctor('-c', serving.config, '--operations', operations)
    assert.deepEqual([code, state], [1, 'failed'])
    assert.match(what, /^config: what runs is not .*: changed, and needs a restart: secretName/)
  })

  it('leaves it out where nobody answers, unless the port was named', async () => {
    const port = await freePort()
    const realm = `http://127.0.0.1:${serving.token}/token`
    await folder.write(
      'rauth.yaml',
      stringify({ realm, listen: { operations: `127.0.0.1:${port}` } }),
    )
    const unnamed = await doctor()
    assert.equal(unnamed.state, 'skipped')
    assert.match(unnamed.what, /does not answer: .*; say where .*: --operations URL$/)
    const named = await doctor('--operations', `http://127.0.0.1:${port}`)
    assert.equal(named.state, 'unreachable')
    const other = await doctor('--operations', `http://127.0.0.1:${serving.token}`)
    assert.equal(other.state, 'failed')
    assert.match(other.what, /is not the operations port of a rauth/)
  })
})
