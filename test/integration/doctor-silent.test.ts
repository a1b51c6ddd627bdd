import assert from 'node:assert/strict'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { after, before, describe, it } from 'node:test'
import { stringify } from 'yaml'
import { freePort } from '../../tools/stack/ports.ts'
import { makeCliFolder, PROGRAM, withoutSettings, type CliFolder } from '../support/cli-folder.ts'
import { run } from '../support/run.ts'
import { tlsAuthority } from '../support/tls-certificates.ts'

interface Row {
  readonly check: string
  readonly state: string
  readonly what: string
}

describe('rauth doctor of who does not answer, or is somebody else', () => {
  let folder: CliFolder
  let asked: string[]
  let answer: RequestListener
  let server: Server
  let url: string
  before(async () => {
    folder = await makeCliFolder()
    const port = await freePort()
    url = `http://127.0.0.1:${port}`
    server = createServer((request, response) => {
      asked.push(request.url ?? '')
      answer(request, response)
    })
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  })
  after(async () => {
    server.close()
    server.closeAllConnections()
    await folder.remove()
  })

  async function doctor(realm: string, ...args: readonly string[]) {
    asked = []
    const listen = { operations: '127.0.0.1:0' }
    await folder.write('rauth.yaml', stringify({ realm, listen }))
    const { code, stdout } = await folder.rauth(['doctor', '-o', 'json', ...args])
    const rows = JSON.parse(stdout) as readonly Row[]
    return { code, rows: new Map(rows.map((row) => [row.check, row])) }
  }

  it('asks each of them once who ends connections, and skips what else it would have asked there', async () => {
    answer = ({ socket }) => socket.destroy()
    const { code, rows } = await doctor(`${url}/token`, '--registry', url, '--envoy', url)
    assert.equal(code, 3)
    assert.deepEqual(
      [...rows.values()].map(({ check, state }) => [check, state]),
      [
        ['rauth runs what is on disk', 'skipped'],
        ['realm answers', 'unreachable'],
        ['keys of the realm', 'skipped'],
        ['clock of the realm', 'skipped'],
        ['registry names realm and service', 'unreachable'],
        ['clock of the registry', 'skipped'],
        ['registry takes tokens', 'skipped'],
        ['Envoy asks rauth', 'unreachable'],
        ['Envoy does not wait for bodies', 'skipped'],
        ['Envoy fails closed', 'skipped'],
        ['fast lane', 'ok'],
      ],
    )
    assert.equal(rows.get('keys of the realm')?.what, 'nobody answered where “realm answers” asked')
    assert.deepEqual(asked.map((one) => one.replace(/\?.*/, '')).sort(), ['/token', '/v2/', '/v2/'])
  })

  it('says on a terminal, and there alone, what it is at, before it knows', async () => {
    answer = (_, response) => response.writeHead(404).end()
    const { rows } = await doctor(`${url}/token`)
    const said = new RegExp(`^making ${rows.size} checks: about ten seconds where somebody hangs$`)
    const program = [process.execPath, PROGRAM, 'doctor']
    // script(1) gives the program a terminal, and what it prints there to us.
    const onTerminal = async (...args: readonly string[]) => {
      const command = [...program, ...args].join(' ')
      const { stdout } = await run('script', ['-qefc', command, '/dev/null'], {
        ...{ cwd: folder.directory, env: withoutSettings() },
      })
      return stdout.split('\r\n')
    }
    const [first = '', head] = await onTerminal()
    assert.match(first, said)
    assert.match(head ?? '', /^ +CHECK +WHAT$/)
    assert.equal((await onTerminal('-o', 'json'))[0], '[')
    const piped = await folder.rauth(['doctor'])
    assert.doesNotMatch(piped.output, /making/)
  })

  it('tells a wrong --registry from one that refuses tokens', async () => {
    answer = (_, response) => response.writeHead(404).end()
    const { code, rows } = await doctor(`${url}/token`, '--registry', url)
    assert.equal(code, 1)
    assert.match(
      rows.get('registry names realm and service')?.what ?? '',
      /answers 404 at \/v2\/, which no registry does; next: see that --registry is the registry itself/,
    )
    assert.deepEqual(rows.get('registry takes tokens'), {
      check: 'registry takes tokens',
      state: 'skipped',
      what: 'it answers 404 at /v2/: no registry is there',
    })
  })

  it('tells the gateway from the registry behind it, where it is named for that', async () => {
    const detail = { reason: 'token_invalid', decision: '3e0b7a55-3f4c-4a0a-9d6e-5b1f0a3c2d11' }
    answer = (_, response) =>
      response
        .writeHead(401, {
          'www-authenticate': `Bearer realm="${url}/token",service="internal-registry.io"`,
        })
        .end(
          JSON.stringify({ errors: [{ code: 'UNAUTHORIZED', message: 'log in again', detail }] }),
        )
    const { code, rows } = await doctor(`${url}/token`, '--registry', url)
    assert.equal(code, 1)
    assert.deepEqual(rows.get('registry takes tokens'), {
      check: 'registry takes tokens',
      state: 'failed',
      what: `rauth's gateway answers at ${url}, not the registry: --registry is where that itself is, past Envoy`,
    })
  })

  it('says how a CA is trusted that Node does not know', async () => {
    const authority = await tlsAuthority('ca of the test')
    const { certificate: cert, key } = await authority.issue('localhost')
    const port = await freePort()
    const secure = createTlsServer({ cert, key }, (_, response) => response.writeHead(404).end())
    await new Promise<void>((resolve) => secure.listen(port, '127.0.0.1', resolve))
    const realm = `https://127.0.0.1:${port}/token`
    const unknown = await doctor(realm)
    await folder.write('ca.pem', authority.certificate)
    const NODE_EXTRA_CA_CERTS = folder.file('ca.pem')
    const { stdout } = await folder.rauth(['doctor'], {
      env: { ...withoutSettings(), NODE_EXTRA_CA_CERTS },
    })
    secure.close()
    secure.closeAllConnections()
    assert.equal(unknown.rows.get('realm answers')?.state, 'unreachable')
    assert.match(
      unknown.rows.get('realm answers')?.what ?? '',
      /does not answer: .*; next: have Node trust its CA: NODE_EXTRA_CA_CERTS=FILE, in PEM$/,
    )
    assert.match(stdout, /^failed +realm answers .* answers 404, and not as a rauth does/m)
  })

  const OF_ENVOY: readonly (readonly [status: number, body: string, expected: RegExp])[] = [
    [
      503,
      '{"message":"what you may do cannot be asked right now"}',
      /can’t reach rauth, or not in/,
    ],
    [403, '', /either Envoy can’t reach rauth .*, or it has no ext_authz filter: --envoy-config/],
    [
      503,
      'no healthy upstream',
      /either Envoy can’t reach rauth .*, or it has no ext_authz filter/,
    ],
    [200, '{}', /and not as rauth does: add the ext_authz filter for \/v2\/$/],
    [404, '', /and not as rauth does: add the ext_authz filter for \/v2\/$/],
  ]
  for (const [status, body, expected] of OF_ENVOY) {
    it(`says what an Envoy lacks that answers ${status} ${body}`, async () => {
      answer = (_, response) => response.writeHead(status).end(body)
      const { rows } = await doctor(`${url}/token`, '--envoy', url)
      const { state, what } = rows.get('Envoy asks rauth') ?? {}
      assert.equal(state, 'failed')
      assert.match(what ?? '', expected)
      assert.equal(rows.get('Envoy does not wait for bodies')?.what, 'rauth is not asked')
    })
  }
})
