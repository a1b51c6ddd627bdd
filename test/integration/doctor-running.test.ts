import assert from 'node:assert/strict'
import { readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { stringify } from 'yaml'
import { freePort } from '../../tools/stack/ports.ts'
import { secretManifest } from '../../tools/stack/secret-manifest.ts'
import { replaceFile } from '../../tools/stack/state.ts'
import { makeCliFolder, type CliFolder } from '../support/cli-folder.ts'
import { ask } from '../support/http.ts'
import { startServing, type Serving } from '../support/serving.ts'
import { until } from '../support/until.ts'

/** Longer than a busy machine needs to find a changed file, milliseconds. */
const PATIENCE = 30_000

const POLICY = "rules:\n  - { match: { name: 'library/**' }, actions: [pull] }\n"
const UNKNOWN = '3e0b7a55-3f4c-4a0a-9d6e-5b1f0a3c2d11'
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
    await replaceFile(beside('policy.yaml'), 'rules:\n  - { match: { nam: x }, actoins: [] }\n')
    await until('it is refused', PATIENCE, async () => 'policy' in (await troubles()))
    const { code, state, what, stderr } = await doctor('-c', serving.config)
    await replaceFile(beside('policy.yaml'), POLICY)
    await until('it is taken', PATIENCE, async () => !('policy' in (await troubles())))
    assert.deepEqual([code, state], [1, 'failed'])
    assert.match(
      what,
      /^policy: what runs is not what is on disk, but what was before: \S+policy\.yaml:2:\d+: .*match\.nam"/,
    )
    // Several mistakes of one file are in one row.
    assert.match(what, /; \S+policy\.yaml:2:\d+: unknown key "rules\.0\.actoins"/)
    assert.doesNotMatch(what, /\\u000a/)
    assert.match(stderr, /^4 ok, 1 failed, /)
  })

  it('says that a Secret on disk can’t be used', async () => {
    const file = path.join(serving.secrets, 'team-c.yaml')
    const login = { username: 'team-c', password: 'a long random text' }
    await replaceFile(file, secretManifest('team-c', login).replace('password:', 'pasword:'))
    const unusable = async () => (await ask(serving.operations, '/metrics')).body
    await until('it is refused', PATIENCE, async () => /"unusable"\} 1$/m.test(await unusable()))
    const { code, state, what } = await doctor('-c', serving.config)
    await rm(file)
    await until('it is gone', PATIENCE, async () => /"unusable"\} 0$/m.test(await unusable()))
    assert.deepEqual([code, state], [1, 'failed'])
    assert.match(what, /^1 Secret can't be used, so nobody logs in by it: its log says/)
  })

  it('says how to ask where the configuration is broken, and then that the one before is in force', async () => {
    const text = await readFile(serving.config, 'utf8')
    await replaceFile(serving.config, text.replace('realm:', 'relm:'))
    await until('it is refused', PATIENCE, async () => 'config' in (await troubles()))
    const unnamed = await doctor('-c', serving.config)
    const explained = await folder.rauth(['explain', UNKNOWN, '-c', serving.config])
    const operations = `http://127.0.0.1:${serving.operations}`
    const named = await doctor('-c', serving.config, '--operations', operations)
    await replaceFile(serving.config, text)
    await until('it is taken', PATIENCE, async () => !('config' in (await troubles())))
    assert.equal(unnamed.code, 1)
    assert.match(
      unnamed.stderr,
      /"relm".*\n(?:.*\n)*a rauth that runs goes on with .* before: .*, rauth doctor --operations URL\n$/,
    )
    assert.match(
      explained.stderr,
      /goes on with .* before: .*, rauth explain ID --operations URL\n$/,
    )
    assert.deepEqual([named.code, named.state], [1, 'failed'])
    assert.match(
      named.what,
      /^config: what runs is not what is on disk, but what was before: .*relm/,
    )
    assert.match(named.stdout, /^failed +configuration +\S+rauth\.yaml:.*"relm"/m)
    assert.match(named.stderr, /^2 failed, /)
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
    assert.match(named.what, /ECONNREFUSED .*; next: see that it runs, and listens there$/)
    const other = await doctor('--operations', `http://127.0.0.1:${serving.token}`)
    assert.equal(other.state, 'failed')
    assert.match(other.what, /is not the operations port of a rauth/)
  })
})
