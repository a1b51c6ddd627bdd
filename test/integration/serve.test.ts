import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { createServer as createHttpServer } from 'node:http'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { initializeKeys } from '../../src/adapters/file/keys/key-maker.ts'
import { publishKeys } from '../../src/adapters/file/keys/key-publication.ts'
import { rotateKeys } from '../../src/adapters/file/keys/key-rotation.ts'
import { secretManifest } from '../../tools/stack/secret-manifest.ts'
import { ask, fetchToken } from '../support/http.ts'
import { watchStalls } from '../support/promised.ts'
import { run } from '../support/run.ts'
import { startError } from '../support/start-error.ts'
import { until } from '../support/until.ts'

/** The bundled program, from dist/test/integration. */
const PROGRAM = path.resolve(import.meta.dirname, '../../rauth.js')

interface ReadyLine {
  readonly role: string
  readonly signingKey?: string
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

const pem = (kind: 'rsa' | 'ec', options: object): string =>
  // The overloads know each kind by itself.
  generateKeyPairSync(kind as 'rsa', options as { modulusLength: number })
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString()

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

  function start(args: readonly string[], options: readonly string[] = []) {
    const child = spawn(process.execPath, [...options, PROGRAM, 'serve', ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env['PATH'] },
    })
    running.push({ kill: () => void child.kill('SIGKILL') })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
    const ended = once(child, 'close') as unknown as Serving['ended']
    return {
      child,
      lines: () => stdout.trim().split('\n'),
      stderr: () => startError(stderr),
      ended,
    }
  }

  async function serve(
    args: readonly string[] = [],
    config?: string,
    options: readonly string[] = [],
  ): Promise<Serving> {
    const file = config ?? (await configuration())
    const { child, lines, stderr, ended } = start(['-c', file, ...args], options)
    const isReady = (line: string) => line.includes('"msg":"ready"') && line.endsWith('}')
    const life = { isOver: false }
    // By then all that it said of why is here.
    void ended.then(() => (life.isOver = true))
    await until('it is ready', 60_000, () => life.isOver || lines().some(isReady))
    if (life.isOver) assert.fail(stderr())
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

  it('warns once of a proxy that it does not trust, and of none that it does', async () => {
    for (const [trusted, warnings] of [
      ['[]', 1],
      ['[127.0.0.1]', 0],
    ] as const) {
      const config = await configuration({ trustedProxies: trusted })
      const { ready, lines, signal, ended } = await serve([], config)
      for (let i = 0; i < 2; i += 1) {
        const headers = { 'x-forwarded-for': '192.0.2.7' }
        await ask(ready.ports['token'] ?? 0, '/token?service=x', { headers })
      }
      signal('SIGTERM')
      await ended
      const warned = lines().filter((line) => line.includes('is not in trustedProxies'))
      assert.equal(warned.length, warnings, trusted)
    }
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

  describe('with a policy file', () => {
    const OWN = "  - { match: { namespace: '*', name: '${namespace}/**' }, actions: ['*'] }\n"
    const FROZEN = "  - { match: { name: 'team-a/**', ip: 127.0.0.0/8 }, actions: [] }\n"
    let policy: string
    const put = async (text: string) => {
      await writeFile(`${policy}.new`, text)
      await rename(`${policy}.new`, policy)
    }
    const configured = () => configuration({ policy: `{ file: ${policy} }` })

    before(() => {
      policy = path.join(directory, 'policy.yaml')
    })

    it('revokes at the next request what the file takes away, and keeps it from a bad one', async () => {
      await put(`rules:\n${OWN}`)
      const { ready, lines, signal, ended } = await serve([], await configured())
      const { token: port = 0, gatewayHttp = 0, operations = 0 } = ready.ports
      const person = { username: 'team-a', password: 'canary' }
      const scope = 'repository:team-a/app:pull'
      const token = await fetchToken(port, person, 'internal-registry.io', scope)
      const check = async () => {
        const headers = { authorization: `Bearer ${token}`, 'x-forwarded-for': '127.0.0.1' }
        return (await ask(gatewayHttp, '/v2/team-a/app/tags/list', { headers })).status
      }
      const operationsSay = async (target: string) => (await ask(operations, target)).body
      assert.equal(await check(), 200)

      await put(`rules:\n${FROZEN}${OWN}`)
      await until('the revocation', 20_000, async () => (await check()) === 403)
      const narrower = await fetchToken(port, person, 'internal-registry.io', scope)
      const payload = Buffer.from(narrower.split('.')[1] ?? '', 'base64url').toString()
      assert.deepEqual((JSON.parse(payload) as { access: unknown }).access, [])
      const tells = (...parts: readonly string[]) =>
        lines().some((line) => parts.every((part) => line.includes(part)))
      await until('the line of the decision', 20_000, () =>
        tells('"half":"token"', '"rule":"policy.yaml:2"'),
      )
      // Over HTTP nobody says where the client is: the rule is not passed over for that.
      assert.ok(tells('"half":"gateway"', '"rule":"policy.yaml:2,policy.yaml:3"'))

      await put(`rules:\n${OWN}  - nonsense\n`)
      const troubled = async () => (await operationsSay('/readyz')).includes('"policy":"')
      await until('the trouble', 20_000, troubled)
      assert.equal(await check(), 403)
      assert.match(
        await operationsSay('/readyz'),
        /"status":"ok".*policy\.yaml:3:5: .*must be a rule/,
      )
      const metrics = await operationsSay('/metrics')
      assert.match(metrics, /^rauth_policy_reload_failures_total 1$/m)
      assert.match(metrics, /^rauth_policy_rules 2$/m)
      await until('the line of that', 20_000, () => tells('the policy of before stays'))

      await put(`rules:\n${OWN}  - { match: { account: ci }, actions: [pull] }\n`)
      await until('the return', 20_000, async () => (await check()) === 200)
      await until('the warning', 20_000, () =>
        tells('"level":"warn"', 'policy.yaml:3 is for an account of any namespace'),
      )
      assert.equal(await troubled(), false)
      signal('SIGTERM')
      assert.deepEqual(await ended, [0, null])
    })

    it('does not start with one that has mistakes, and says where', async () => {
      await put(`rules:\n${OWN}  - { match: { nam: x }, actions: [pull] }\n`)
      const { stderr, ended } = start(['-c', await configured()])
      assert.deepEqual(await ended, [1, null])
      assert.equal(
        stderr(),
        `${policy}:3:16: unknown key "rules.1.match.nam"; did you mean "rules.1.match.name"?\n`,
      )
    })
  })

  it('checks with public keys alone what the other half signs, through a rotation', async () => {
    const [keys, target] = [path.join(directory, 'signing'), path.join(directory, 'public')]
    const publish = () => publishKeys({ directory: keys, target, now: new Date() })
    const begun = new Date(Date.now() - 60_000)
    const made = await initializeKeys({ directory: keys, algorithm: 'ES256', now: begun })
    await publish()
    const token = await serve(
      ['--role', 'token'],
      await configuration({ keys: `{ directory: ${keys}, publishAhead: 3s }` }),
    )
    const gateway = await serve(
      ['--role', 'gateway'],
      await configuration({ keys: `{ directory: ${target}, verifyOnly: true }` }),
    )
    assert.ok(token.ready.signingKey !== undefined && gateway.ready.signingKey === undefined)

    async function issue() {
      const url = new URL(`http://127.0.0.1:${token.ready.ports['token']}/token`)
      url.searchParams.set('service', 'internal-registry.io')
      url.searchParams.set('scope', 'repository:team-a/app:pull')
      const authorization = `Basic ${Buffer.from('team-a:canary').toString('base64')}`
      const answer = await fetch(url, { headers: { authorization } })
      return ((await answer.json()) as { token: string }).token
    }
    const check = async (issued: string) => {
      const url = `http://127.0.0.1:${gateway.ready.ports['gatewayHttp']}/v2/team-a/app/tags/list`
      return (await fetch(url, { headers: { authorization: `Bearer ${issued}` } })).status
    }
    const headerOf = (issued: string) => issued.split('.')[0]

    const before = await issue()
    assert.equal(await check(before), 200)
    await rotateKeys({ directory: keys, now: new Date() })
    await publish()
    let after = before
    await until('the next key signs', 60_000, async () => {
      after = await issue()
      assert.equal(await check(after), 200)
      return headerOf(after) !== headerOf(before)
    })
    assert.equal(await check(before), 200, 'an old token lives on')

    // What makes it a key there is gone, and its certificate is not.
    const stolen = made.created.find((file) => file.endsWith('signing.key')) ?? assert.fail()
    await rm(stolen)
    assert.equal(await check(before), 200, 'the folder of the gateway does not know yet')
    await publish()
    await until('the end of the old key', 60_000, async () => (await check(before)) === 401)
    assert.equal(await check(after), 200)

    for (const { signal, ended } of [token, gateway]) {
      signal('SIGTERM')
      assert.deepEqual(await ended, [0, null])
    }
  })

  it('refuses to sign from a folder that is for verifying alone', async () => {
    const keys = path.join(directory, 'keys')
    const target = path.join(directory, 'verifying')
    await publishKeys({ directory: keys, target, now: new Date() })
    const verifyOnly = `{ directory: ${target}, verifyOnly: true }`
    for (const role of ['token', 'all']) {
      const { ended, stderr } = start([
        '-c',
        await configuration({ keys: verifyOnly }),
        '--role',
        role,
      ])
      assert.deepEqual(await ended, [1, null])
      assert.match(stderr(), /^keys\.verifyOnly is for rauth serve --role gateway: .+unset it here/)
    }
  })

  it('takes no certificate for a key where it is not told to', async () => {
    const target = path.join(directory, 'certificates')
    await publishKeys({ directory: path.join(directory, 'keys'), target, now: new Date() })
    for (const role of ['token', 'gateway', 'all']) {
      const config = await configuration({ keys: `{ directory: ${target} }` })
      const { ended, stderr } = start(['-c', config, '--role', role])
      assert.deepEqual(await ended, [1, null])
      assert.match(
        stderr(),
        /has no signing key; next: if rauth keys public made .*set keys\.verifyOnly: true; else rauth keys init/,
      )
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

  const UNUSABLE: readonly (readonly [string, () => string, RegExp])[] = [
    ['an RSA key of 1024 bits', () => pem('rsa', { modulusLength: 1024 }), /fewer than 2048 bits/],
    ['a key of another curve', () => pem('ec', { namedCurve: 'P-521' }), /none of EC P-256/],
    ['a secret for HMAC', () => 'c2VjcmV0'.repeat(8), /is not a private key in PEM/],
  ]
  for (const [what, make, message] of UNUSABLE) {
    it(`does not start with ${what}`, async () => {
      const keys = await mkdtemp(path.join(directory, 'unusable-'))
      await initializeKeys({ directory: keys, algorithm: 'ES256', now: new Date() })
      await writeFile(path.join(keys, 'signing.key'), make())
      const { ended, stderr } = start([
        '-c',
        await configuration({ keys: `{ directory: ${keys} }` }),
      ])
      assert.deepEqual(await ended, [1, null])
      assert.match(stderr(), message)
    })
  }

  it('does not start when its only certificate is over', async () => {
    const keys = await mkdtemp(path.join(directory, 'over-'))
    const now = new Date(Date.now() - 2 * 24 * 60 * 60 * 1000)
    await initializeKeys({ directory: keys, algorithm: 'ES256', now, days: 1 })
    const { ended, stderr } = start(['-c', await configuration({ keys: `{ directory: ${keys} }` })])
    assert.deepEqual(await ended, [1, null])
    assert.match(
      stderr(),
      /signing\.crt is good from .+ to .+, not now: it has ended; next: .+remove/,
    )
  })

  it('does not start with TLS files that cannot be used, in a half that it runs', async () => {
    await writeFile(path.join(directory, 'tls.key'), 'garbage')
    const config = await configuration({ tls: '{ token: { certificate: no.crt, key: tls.key } }' })
    const { ended, stderr } = start(['-c', config])
    assert.deepEqual(await ended, [1, null])
    assert.match(stderr(), /no\.crt cannot be read: ENOENT.*; next: see "tls" in the configuration/)
    const gateway = await serve(['--role', 'gateway'], config)
    gateway.signal('SIGTERM')
    assert.deepEqual(await gateway.ended, [0, null])
  })

  it('warns of what other machines reach in the clear, and of nothing on loopback', async () => {
    const warnings = ({ lines }: Serving) => lines().filter((line) => line.includes('no TLS'))
    const quiet = await serve()
    assert.deepEqual(warnings(quiet), [])
    quiet.signal('SIGTERM')
    const file = await configuration()
    await writeFile(
      file,
      (await readFile(file, 'utf8')).replace('token: 127.0.0.1', 'token: 0.0.0.0'),
    )
    const open = await serve(['--role', 'token'], file)
    assert.equal(warnings(open).length, 1)
    assert.match(warnings(open)[0] ?? '', /"level":"warn".*\(listen\.token\)/)
    open.signal('SIGTERM')
    await Promise.all([quiet.ended, open.ended])
  })

  it('says in a line of the log why it does not start, and for people in plain text', async () => {
    const config = await configuration({ keys: '{ directory: /nowhere }' })
    for (const command of ['serve', 'controller']) {
      const of = (format: string) =>
        run(process.execPath, [PROGRAM, command, '-c', config, '--log-format', format])
      const json = await of('json')
      assert.equal(json.code, 1)
      const { time, error, ...line } = JSON.parse(json.stderr) as Record<string, string>
      assert.ok(Date.parse(time ?? '') > 0)
      assert.equal(line['level'], 'fatal')
      assert.equal(line['msg'], 'rauth did not start')
      assert.match(line['code'] ?? '', /^ERR_/)
      const pretty = await of('pretty')
      assert.deepEqual([pretty.code, pretty.stderr], [1, `${error ?? ''}\n`])
    }
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

  it('stops in the time that is configured, whatever clients hold on to', async () => {
    const settings = await configuration({ drainTimeout: '1s' })
    const { ready, signal, ended } = await serve([], settings)
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
    const [begin, stalls] = [performance.now(), watchStalls()]
    signal('SIGTERM')
    assert.deepEqual(await ended, [0, null])
    const [took, late] = [performance.now() - begin, stalls.total()]
    stalls.stop()
    assert.ok(took >= 1_000 && took < 5_000 + late, `${took} ms, and 5 s without the setting`)
    // Half open as they are, they would keep this process.
    for (const socket of held) socket.destroy()
  })

  it('is not ready from the moment that it is told to stop, and serves for a while', async () => {
    const { ready, signal, ended } = await serve([], await configuration({ drainDelay: '5s' }))
    const readiness = () => fetch(`http://127.0.0.1:${ready.ports['operations']}/readyz`)
    assert.equal((await readiness()).status, 200)
    signal('SIGTERM')
    let told: unknown
    await until('it is not ready', 20_000, async () => {
      const answer = await readiness()
      told = await answer.json()
      return answer.status !== 200
    })
    assert.deepEqual(told, {
      status: 'not ready',
      parts: {
        ...{ secrets: true, keys: true, policy: true, config: true, running: false },
        ...{ 'listeners.token': true, 'listeners.gateway': true, 'listeners.gatewayHttp': true },
      },
      troubles: { running: 'it was told to stop' },
    })
    const verbose = await fetch(`http://127.0.0.1:${ready.ports['operations']}/readyz?verbose`)
    assert.equal(
      await verbose.text(),
      [
        ...['[+]secrets ok', '[+]keys ok', '[+]policy ok', '[+]config ok'],
        ...['[+]listeners.token ok', '[+]listeners.gateway ok', '[+]listeners.gatewayHttp ok'],
        ...['[-]running failed: it was told to stop', 'readyz check failed', ''],
      ].join('\n'),
    )
    const token = (path: string) => fetch(`http://127.0.0.1:${ready.ports['token']}${path}`)
    assert.equal((await token('/health')).status, 503)
    assert.equal((await token('/jwks.json')).status, 200)
    assert.deepEqual(await ended, [0, null])
  })

  it('ends all the same when a read never does, which not even process.exit would', async () => {
    const fifo = path.join(directory, 'fifo')
    assert.equal(spawnSync('mkfifo', [fifo]).status, 0)
    const read = `import { readFile } from 'node:fs'; readFile(${JSON.stringify(fifo)}, () => {})`
    const hanging = ['--import', `data:text/javascript,${encodeURIComponent(read)}`]
    const { signal, lines, ended } = await serve([], undefined, hanging)
    signal('SIGTERM')
    assert.deepEqual(await ended, [null, 'SIGKILL'])
    assert.match(lines().at(-1) ?? '', /"stopped"/)

    const nowhere = await configuration({ keys: '{ directory: /nowhere }' })
    const failed = start(['-c', nowhere], hanging)
    const forPeople = start(['-c', nowhere, '--log-format', 'pretty'], hanging)
    assert.deepEqual(await failed.ended, [null, 'SIGKILL'])
    const [why, fatal = '', ...more] = failed.stderr().trim().split('\n')
    assert.match(why ?? '', /nowhere cannot be read/)
    const { level, msg, held } = JSON.parse(fatal) as Record<string, unknown>
    assert.deepEqual([level, more], ['fatal', []])
    assert.equal(msg, 'a file system that hangs holds the process: ended by SIGKILL')
    assert.ok(Array.isArray(held) && held.some((kind) => String(kind).startsWith('FSReq')))
    assert.deepEqual(await forPeople.ended, [null, 'SIGKILL'])
    assert.match(
      forPeople.stderr(),
      /nowhere cannot be read.*\nrauth: a file system that hangs holds the process \(.*\): ended/,
    )
  })

  it('ends at once when told twice', async () => {
    const { signal, ended, lines } = await serve([], await configuration({ drainDelay: '60s' }))
    signal('SIGTERM')
    await until('it stops', 20_000, () => lines().some((line) => line.includes('"msg":"stopping')))
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
