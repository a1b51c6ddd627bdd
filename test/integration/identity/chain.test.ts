import assert from 'node:assert/strict'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { startChecking, type Checking } from '../../support/checking.ts'
import { ask, basic, fetchToken } from '../../support/http.ts'
import { SERVICE, startServing, type Serving } from '../../support/serving.ts'

const SCRIPT = `#!/bin/sh
input=$(cat)
case "$input" in
  'ci right') echo '{"labels": {"team": ["a"]}}' ;;
  ci\\ *) exit 1 ;;
  down\\ *) exit 3 ;;
  *) exit 2 ;;
esac
`

const POLICY = `
rules:
  - { match: { labels: { team: '*' }, name: '\${labels:team}/**' }, actions: [pull] }
  - { match: { namespace: '*', name: '\${namespace}/**' }, actions: ['*'] }
`

describe('a chain of a command, a hook and Secrets', () => {
  let directory: string
  let hook: Server
  let serving: Serving
  let gateway: Checking

  before(async () => {
    directory = await mkdtemp(path.join(os.tmpdir(), 'rauth-chain-'))
    const program = path.join(directory, 'check')
    await writeFile(program, SCRIPT)
    await chmod(program, 0o755)
    await writeFile(path.join(directory, 'policy.yaml'), POLICY)
    hook = createServer((request, response) => {
      request.setEncoding('utf8').once('data', (text: string) => {
        const { user } = JSON.parse(text) as { user: string }
        response.writeHead(user === 'web' ? 200 : user === 'broken' ? 500 : 404)
        response.end(user === 'web' ? '{"labels":{"team":["b"]}}' : '')
      })
    })
    await new Promise<void>((resolve) => hook.listen(0, '127.0.0.1', resolve))
    const { port } = hook.address() as AddressInfo
    serving = await startServing({
      logins: [{ username: 'team-a', password: 'secret' }],
      config: {
        identity: [
          { command: { program } },
          { http: { url: `http://127.0.0.1:${port}/` } },
          { secrets: {} },
        ],
        policy: { file: path.join(directory, 'policy.yaml') },
        guessing: { failures: 0, perNetwork: 0 },
      },
    })
    gateway = startChecking(serving.gateway, 20_000)
  })
  after(async () => {
    gateway.close()
    await serving.stop()
    hook.closeAllConnections()
    hook.close()
    await rm(directory, { recursive: true, force: true })
  })

  const login = (username: string, password: string) =>
    ask(serving.token, `/token?service=${SERVICE}`, {
      headers: { authorization: basic(username, password) },
    })
  const pulls = async (username: string, password: string, name: string) => {
    const scope = `repository:${name}:pull`
    const token = await fetchToken(serving.token, { username, password }, SERVICE, scope)
    return gateway.check({ method: 'GET', path: `/v2/${name}/manifests/v1`, token })
  }

  it('lets in whom any of them knows, each with its own', async () => {
    assert.equal(await pulls('ci', 'right', 'a/app'), 200)
    assert.equal(await pulls('ci', 'right', 'b/app'), 403)
    assert.equal(await pulls('web', 'anything', 'b/app'), 200)
    assert.equal(await pulls('team-a', 'secret', 'team-a/app'), 200)
  })

  for (const [who, password, status] of [
    ['ci', 'wrong', 401],
    ['nobody', 'x', 401],
    ['team-a', 'wrong', 401],
    ['down', 'x', 503],
    ['broken', 'x', 503],
  ] as const) {
    it(`answers ${status} to ${who} with ${password}`, async () => {
      const answer = await login(who, password)
      assert.equal(answer.status, status)
      if (status === 503) assert.match(answer.body, /identity_unavailable/)
    })
  }

  it('says in its log what failed, and nothing of a password', async () => {
    await login('down', 'canary-password')
    const log = await serving.log()
    assert.match(log, /command: the command exited with 3/)
    assert.doesNotMatch(log, /canary-password/)
  })
})
