import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import type { Connection } from '../../../src/adapters/kubernetes/connection.ts'
import { authorizationOf, connectionAs } from '../../support/kubernetes/connection-as.ts'
import { runOrThrow } from '../../support/run.ts'

describe('the file with the token for the API server', () => {
  let home: string
  let connection: Connection | undefined
  beforeEach(async () => {
    home = await mkdtemp(path.join(os.tmpdir(), 'rauth-token-file-'))
  })
  afterEach(async () => {
    connection?.close()
    await rm(home, { recursive: true, force: true })
  })

  async function put(name: string, text: string): Promise<string> {
    const file = path.join(home, name)
    await writeFile(file, text)
    return file
  }

  async function connect(user: object): Promise<Connection> {
    connection = await connectionAs({ home, user, environment: {}, clock: () => 0 })
    return connection
  }

  it('is read again when its token was not good', async () => {
    await put('token', 'one\n')
    const at = await connect({ tokenFile: 'token' })
    assert.equal(await authorizationOf(at), 'Bearer one')
    await put('token', 'two\n')
    at.forget()
    assert.equal(await authorizationOf(at), 'Bearer two')
  })

  // Not all write it as the kubelet does, which puts a whole file in place. Without a token it would be anonymous, whom
  // an API server refuses with a 403, and a token is looked for again after a minute only.
  for (const nothing of ['', '\n']) {
    it(`is no login while nothing is written there yet: ${JSON.stringify(nothing)}`, async () => {
      const file = await put('token', nothing)
      const at = await connect({ tokenFile: 'token' })
      await assert.rejects(at.way(), (error: Error) => {
        assert.equal(error.message, `no login for the API server: ${file} holds no token (yet)`)
        return true
      })
      await put('token', 'one\n')
      assert.equal(await authorizationOf(at), 'Bearer one')
    })
  }

  const NO_TOKENS = [
    ['two lines', 'canary\ncanary\n'],
    ['two words', 'canary canary'],
    ['a header after it', 'canary\r\nx-remote-user: admin'],
    ['a mark of the byte order', '\ufeffcanary'],
    ['room for one', '\0'.repeat(40)],
    ['more than a header may be', 'canary'.repeat(10_000)],
  ] as const
  for (const [name, text] of NO_TOKENS) {
    it(`is sent to nobody while it holds no token, and is read again: ${name}`, async () => {
      const file = await put('token', text)
      const at = await connect({ tokenFile: 'token' })
      await assert.rejects(at.way(), (error: Error) => {
        assert.ok(error.message.startsWith(`no login for the API server: ${file} holds something`))
        assert.doesNotMatch(error.message, /canary/)
        return true
      })
      await put('token', 'one\r\n')
      assert.equal(await authorizationOf(at), 'Bearer one')
    })
  }

  it('counts where the kubeconfig has a token beside it that is empty', async () => {
    await put('token', 'one\n')
    assert.equal(
      await authorizationOf(await connect({ token: '', tokenFile: 'token' })),
      'Bearer one',
    )
  })

  it('is not waited for where it is a pipe, as nobody is served meanwhile', async () => {
    const file = path.join(home, 'token')
    await runOrThrow('mkfifo', [file])
    const at = await connect({ tokenFile: 'token' })
    await assert.rejects(at.way(), /token is no regular file; next: /)
    await rm(file)
    await put('token', 'one\n')
    assert.equal(await authorizationOf(at), 'Bearer one')
  })
})
