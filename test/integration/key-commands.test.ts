import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { PROGRAM } from '../support/cli-folder.ts'
import { run } from '../support/run.ts'

describe('rauth keys, where there is no file and the environment says what counts', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'rauth-keys-'))
  })
  afterEach(() => rm(folder, { recursive: true }))

  function keys(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    return run(process.execPath, [PROGRAM, 'keys', ...args], { cwd: folder, env })
  }

  it('makes them in the folder of the environment, and names it as it is from here', async () => {
    const made = await keys(['init'], { RAUTH_KEYS_DIRECTORY: 'others' })
    assert.match(made.stdout, /^created others\/ca\.key$/m)
    assert.ok(existsSync(path.join(folder, 'others', 'ca.crt')))
    assert.ok(!existsSync(path.join(folder, 'keys')))
  })

  it('goes by the times of the environment', async () => {
    await keys(['init'])
    const times = { RAUTH_TOKEN_EXPIRY: '24h', RAUTH_KEYS_PUBLISH_AHEAD: '1h' }
    const { stderr } = await keys(['rotate'], times)
    assert.match(stderr, /publishAhead 3600 s, longest token 86400 s/)
  })

  it('asks the cluster of the environment, and no other', async () => {
    const where = { RAUTH_CREDENTIALS_KUBERNETES_CONTEXT: 'nowhere', HOME: folder, KUBECONFIG: '' }
    const { code, stderr } = await keys(['init', '--secret', 'registry/keys'], where)
    assert.equal(code, 1, stderr)
    assert.match(stderr, /nowhere|no cluster to ask/)
  })

  it('refuses a variable that is none', async () => {
    const { code, stderr } = await keys(['init'], { RAUTH_KEYS_DIRECTROY: 'others' })
    assert.equal(code, 1)
    assert.match(stderr, /RAUTH_KEYS_DIRECTORY/)
  })
})
