import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer as createHttpServer } from 'node:http'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { initializeKeys } from '../../src/adapters/file/key-maker.ts'
import { secretManifest } from '../../tools/stack/secret-manifest.ts'
import { ask, fetchToken } from '../support/http.ts'

/** The compiled program, beside this compiled test. */
const PROGRAM = path.resolve(import.meta.dirname, '../../src/cli.js')

interface ReadyLine {
  readonly role: string
  readonly ports: Readonly<Record<string, number>>
}

interface Serving {
  readonly ready: ReadyLine
  readonly lines: () => readonly string[]
  readonly stderr: () => string
  readonly signal: (name: NodeJS.Signals) => void
  /** Exit code and signal. */
  readonly ended: Promise<readonly [number | null, NodeJS.Signals | null]>
}

describe('rauth serve', () => {
  let directory: string
  const running: { kill(): void }[] = []

  before(async () => {
    directory = await mkdtemp(path.join(os.tmpdir(), 'rauth-serve-'))
    const keys = path.join(directory, 'keys')
    await initializeKeys({ directory: keys, algorithm: 'ES256', now: new Date() })
    await mkdir(path.join(directory, 'secrets'))
    await writeFile(
      path.join(directory, 'secrets', 'team-a.yaml'),
      secretManifest('team-a', { username: 'team-a', password: 'canary' }),
    )
  })
  after(async () => {
    for (const child of running) child.kill()
    await rm(directory, { recursive: true, force: true })
  })

  async function configuration(settings: Readonly<Record<string, string>> = {}): Promise<string> {
    const file = path.join(directory, `rauth-${running.length}.yaml`)
    const lines = Object.entries(settings).map(([key, value]) => `${key}: ${value}`)
    const ports = ['token', 'gateway', 'gatewayHttp', 'operations'].map(
      (name) => `  ${name}: 127.0.0.1:0`,
    )
    const realm = 'realm: http://localhost:1/token'
    await writeFile(file, [realm, ...lines, 'listen:', ...ports, ''].join('\n'))
    return file
  }

  function start(args: readonly string[]) {
    const child = spawn(process.execPath, [PROGRAM, 'serve', ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env['PATH'] },
    })
    running.push({ kill: () => void child.kill('SIGKILL') })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
    const ended = once(child, 'close') as unknown as Serving['ended']
    return { child, lines: () => stdout.trim().split('\n'), stderr: () => stderr, ended }
  }

  async function serve(args: readonly string[] = [], config?: string): Promise<Serving> {
    const { child, lines, stderr, ended } = start([
      '-c',
      config ?? (await configuration()),
      ...args,
    ])
    const isReady = (line: string) => line.includes('"msg":"ready"')
    while (!lines().some(isReady)) {
      if (child.exitCode !== null) assert.fail(stderr())
      await Promise.race([once(child.stdout, 'data'), ended])
    }
    const ready = JSON.parse(lines().find(isReady) ?? '') as ReadyLine
    return { ready, lines, stderr, ended, signal: (name) => void child.kill(name) }
  }

  it('logs the ports that it opened', async () => {
    const { ready, signal, ended } = await serve()
    assert.equal(ready.role, 'all')
    assert.deepEqual(Object.keys(ready.ports).sort(), [
      ...['gateway', 'gatewayHttp', 'operations', 'token'],
    ])
    for (const port of Object.values(ready.ports)) assert.ok(Number.isInteger(port) && port > 0)
    const health = await fetch(`http://127.0.0.1:${ready.ports['token']}/health`)
    assert.equal(health.status, 200)
    signal('SIGTERM')
    assert.deepEqual(await ended, [0, null])
  })

  it('runs one half when told to', async () => {
    for (const [role, ports] of [
      ['token', ['operations', 'token']],
      ['gateway', ['gateway', 'gatewayHttp', 'operations']],
    ] as const) {
      const { ready, signal, ended } = await serve(['--role', role])
      assert.deepEqual(Object.keys(ready.ports).sort(), ports)
      signal('SIGINT')
      assert.deepEqual(await ended, [0, null], role)
    }
  })

  it('refuses the port of a half that it does not run', async () => {
    const { ended, stderr } = start([
      '-c',
      await configuration(),
      '--role',
      'gateway',
      '--port',
      '0',
    ])
    assert.deepEqual(await ended, [2, null])
    assert.match(stderr(), /--port is that of the token service/)
  })

  it('refuses to sign with another algorithm than it is told to', async () => {
    const config = await configuration({ token: '{ algorithm: RS256 }' })
    const { ended, stderr } = start(['-c', config])
    assert.deepEqual(await ended, [1, null])
    assert.match(stderr(), /token\.algorithm is RS256.*next: rauth keys rotate -a RS256 -d /)
  })

  it('says which port is in use, and leaves nothing open', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const { port } = taken.address() as AddressInfo
    try {
      const { ended, stderr } = start(['-c', await configuration(), '--port', String(port)])
      assert.deepEqual(await ended, [1, null])
      assert.match(
        stderr(),
        new RegExp(`cannot listen on 127.0.0.1:${port}: .*EADDRINUSE.*"listen"`),
      )
      assert.doesNotMatch(stderr(), /^\s+at /m)
    } finally {
      taken.close()
    }
  })

  it('stops in time whatever clients hold on to', async () => {
    const { ready, signal, ended } = await serve()
    const held: Socket[] = []
    for (const name of ['token', 'gatewayHttp', 'gateway', 'operations']) {
      const socket = connect({
        port: ready.ports[name] ?? 0,
        host: '127.0.0.1',
        allowHalfOpen: true,
      })
      held.push(socket)
      socket.on('error', () => undefined)
      await once(socket, 'connect')
      socket.write('CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n')
    }
    const begin = performance.now()
    signal('SIGTERM')
    assert.deepEqual(await ended, [0, null])
    assert.ok(performance.now() - begin < 60_000, 'the drain has an end')
    // Half open as they are, they would keep this process.
    for (const socket of held) socket.destroy()
  })

  it('is not ready from the moment that it is told to stop, and serves for a while', async () => {
    const { ready, signal, ended } = await serve([], await configuration({ drainDelay: '2s' }))
    const readiness = () => fetch(`http://127.0.0.1:${ready.ports['operations']}/readyz`)
    assert.equal((await readiness()).status, 200)
    signal('SIGTERM')
    let answer = await readiness()
    while (answer.status === 200) answer = await readiness()
    assert.deepEqual(await answer.json(), {
      status: 'not ready',
      parts: { credentials: true, keys: true, running: false },
    })
    const health = await fetch(`http://127.0.0.1:${ready.ports['token']}/health`)
    assert.equal(health.status, 200)
    assert.deepEqual(await ended, [0, null])
  })

  it('ends at once when told twice', async () => {
    const { signal, ended, lines } = await serve([], await configuration({ drainDelay: '60s' }))
    signal('SIGTERM')
    while (!lines().some((line) => line.includes('"msg":"stopping'))) {
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    signal('SIGTERM')
    assert.deepEqual(await ended, [null, 'SIGTERM'])
  })

  it('reads the catalog with a token that is good for nothing else, and not at its own gateway', async () => {
    const tokens: string[] = []
    const registry = createHttpServer((incoming, response) => {
      tokens.push(incoming.headers.authorization ?? '')
      response.end('{"repositories":["team-a/app","team-b/app"]}')
    }).listen(0, '127.0.0.1')
    await once(registry, 'listening')
    const { port } = registry.address() as AddressInfo
    const settings = { catalog: `{ registry: "http://127.0.0.1:${String(port)}" }` }
    const { ready, signal, ended } = await serve([], await configuration(settings))
    const ports = { token: 0, gatewayHttp: 0, ...ready.ports }
    const service = 'internal-registry.io'
    const token = await fetchToken(ports.token, { username: 'team-a', password: 'canary' }, service)
    const list = (authorization: string) =>
      ask(ports.token, '/v2/_catalog', { headers: { authorization } })
    assert.equal((await list(`Bearer ${token}`)).body, '{"repositories":["team-a/app"]}')

    const [own = ''] = tokens
    const payload = Buffer.from(own.split('.')[1] ?? '', 'base64url').toString()
    const claims = JSON.parse(payload) as Record<string, unknown>
    assert.deepEqual(claims['access'], [{ type: 'registry', name: 'catalog', actions: ['*'] }])
    assert.deepEqual([claims['sub'], claims['aud'], claims['iss']], ['rauth', service, 'rauth'])
    assert.ok(Number(claims['exp']) - Number(claims['iat']) <= 120)
    const refused = [await list(own)]
    for (const path of ['/v2/', '/v2/_catalog', '/v2/team-a/app/tags/list']) {
      refused.push(await ask(ports.gatewayHttp, path, { headers: { authorization: own } }))
    }
    for (const answer of refused) {
      assert.equal(answer.status, 401)
      assert.match(answer.body, /"reason":"token_invalid"/)
    }
    assert.equal(tokens.length, 1)
    signal('SIGTERM')
    assert.deepEqual(await ended, [0, null])
    registry.close()
    registry.closeAllConnections()
  })
})
