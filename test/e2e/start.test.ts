import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { installParts } from '../../tools/parts/install.ts'
import { freePort } from '../../tools/stack/ports.ts'
import { ask, fetchToken } from '../support/http.ts'
import { pageAt } from '../support/pages.ts'
import { run } from '../support/run.ts'
import { until } from '../support/until.ts'

const PROGRAM = path.resolve(import.meta.dirname, '../../tools/start/main.js')

interface Facts {
  readonly registry: string
  readonly realm: string
  readonly service: string
  readonly upstream: string
  readonly namespaces: readonly {
    readonly namespace: string
    readonly username: string
    readonly password: string
  }[]
  readonly config: string
  readonly ports: Readonly<Record<string, number>>
}

interface Start {
  readonly child: ChildProcess
  readonly facts: Facts
  /** Both streams, as they come. */
  readonly output: () => string
  readonly stdout: () => string
  readonly ended: Promise<number | null>
}

/** Longer than a busy machine needs for a start, or for an end, milliseconds. */
const PATIENCE = 90_000

/** Fails where it is not fulfilled. */
function inTime<T>(ending: Promise<T>): Promise<T> {
  const late = new Promise<never>((_, reject) => {
    setTimeout(() => {
      reject(new Error(`not within ${PATIENCE} ms`))
    }, PATIENCE).unref()
  })
  return Promise.race([ending, late])
}

describe('npm start', () => {
  let state: string
  let port: number
  const starts: Start[] = []

  before(async () => {
    state = await mkdtemp(path.join(os.tmpdir(), 'rauth-start-'))
    port = await freePort()
  })
  after(async () => {
    for (const { child, ended } of starts) {
      child.kill('SIGTERM')
      await inTime(ended)
    }
    await rm(state, { recursive: true, force: true })
  })

  const args = (...more: readonly string[]) => [
    ...[PROGRAM, '--port', String(port), '--state', state],
    ...more,
  ]

  async function start(...more: readonly string[]): Promise<Start> {
    const child = spawn(process.execPath, args(...more), { stdio: ['ignore', 'pipe', 'pipe'] })
    let [output, stdout] = ['', '']
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text
      stdout += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text))
    const ended = once(child, 'close').then(([code]) => code as number | null)
    const file = path.join(state, 'quickstart.json')
    for (let i = 0; !existsSync(file) || !output.includes('Ctrl-C'); i += 1) {
      if (child.exitCode !== null || i > 4500) assert.fail(`npm start did not come up: ${output}`)
      await sleep(20)
    }
    const facts = JSON.parse(await readFile(file, 'utf8')) as Facts
    const started = { child, facts, output: () => output, stdout: () => stdout, ended }
    starts.push(started)
    return started
  }

  /** Looks all the time, to be there in the moment between the file and the wait for a signal. */
  async function untilFacts(child: ChildProcess): Promise<void> {
    const begin = performance.now()
    while (!existsSync(path.join(state, 'quickstart.json'))) {
      assert.ok(child.exitCode === null && performance.now() - begin < PATIENCE, 'no facts')
      await sleep(1)
    }
  }

  /** Processes whose command line names the state folder. */
  async function leftOver(): Promise<string> {
    const listed = await run('ps', ['-eo', 'pid,args'])
    return listed.stdout
      .split('\n')
      .filter((line) => line.includes(state) && !line.includes('main.js'))
      .join('\n')
  }

  it('prints logins that work and writes the facts that the contract names', async () => {
    const { facts, output, stdout, child, ended } = await start()
    assert.match(stdout(), /Registry: localhost:/)
    assert.equal(facts.registry, `localhost:${port}`)
    assert.equal(facts.realm, `http://localhost:${port}/token`)
    assert.deepEqual(
      facts.namespaces.map(({ namespace }) => namespace),
      ['team-a', 'team-b'],
    )
    assert.deepEqual(Object.keys(facts.ports).sort(), [
      'envoy',
      'gateway',
      'gatewayHttp',
      'operations',
      'registry',
      'token',
    ])
    assert.match(readFileSync(facts.config, 'utf8'), /^# .* writes this file anew: .*\nrealm: /)
    for (const { username, password } of facts.namespaces) {
      assert.ok(
        output().includes(`echo ${password} | docker login localhost:${port} -u ${username} `),
      )
    }

    const own = facts.namespaces[0] ?? assert.fail()
    const token = await fetchToken(port, own, facts.service, 'repository:team-a/app:pull')
    const headers = { authorization: `Bearer ${token}` }
    assert.equal((await ask(port, '/v2/', { headers })).status, 200)
    assert.equal((await ask(port, '/v2/team-b/app/tags/list', { headers })).status, 403)
    const inside = Number(facts.upstream.split(':')[1])
    assert.equal((await ask(inside, '/v2/')).status, 401, 'the registry checks tokens as well')
    for (const where of ['/livez', '/readyz', '/metrics']) {
      assert.equal((await ask(facts.ports['operations'] ?? 0, where)).status, 200, where)
    }

    await followCrane(output(), facts.registry)
    await followReadme()

    const second = await run(process.execPath, args())
    assert.equal(second.code, 1)
    assert.match(second.stderr, /already running here \(pid \d+\)/)

    assert.doesNotMatch(output(), /refused/, 'a pipe that nobody reads would hold it up')
    child.kill('SIGTERM')
    assert.equal(await inTime(ended), 0, output())
    assert.equal(existsSync(path.join(state, 'quickstart.json')), false)
    assert.equal(await leftOver(), '')
  })

  /** Pastes the lines for crane into a shell, where no crane is, as somebody without Docker does. */
  async function followCrane(printed: string, registry: string): Promise<void> {
    await installParts(['crane'])
    const home = await mkdtemp(path.join(os.tmpdir(), 'rauth-home-'))
    const lines = printed.split('\n').filter((line) => /^ {2}.*\bcrane\b/.test(line))
    const denied = lines.pop() ?? assert.fail('nothing about crane')
    assert.match(denied, new RegExp(`${registry}/team-b/app:v1$`))
    const env = { DOCKER_CONFIG: home }
    const shell = (...input: readonly string[]) =>
      run('sh', [], { env, input: ['set -e', ...input, ''].join('\n') })
    try {
      const followed = await shell(...lines)
      assert.equal(followed.code, 0, followed.output)
      assert.match(followed.output, /PASS: .*team-a\/app:v1/)
      assert.match(followed.stdout, /^team-a\/app$/m, 'the catalog')
      const [alias = ''] = lines
      const pulled = await shell(
        alias,
        `crane export ${registry}/team-a/app:v1 - | tar x -O README.md`,
      )
      assert.equal(pulled.stdout, await readFile('README.md', 'utf8'))
      const other = await shell(alias, denied)
      assert.notEqual(other.code, 0)
      assert.match(other.stderr, /DENIED/)
    } finally {
      await rm(home, { recursive: true, force: true })
    }
  }

  /** Pastes what README has for whoever wants to get at another namespace's image. */
  async function followReadme(): Promise<void> {
    const { blocks } = pageAt('README.md')
    const { text } = blocks.find((one) => one.text.startsWith('. examples/try.sh')) ?? assert.fail()
    const script = `${text}\nask -o /dev/null "$R/v2/team-a/app/blobs/$DIGEST" # 404`
    const { code, output, stdout } = await run('bash', ['-euo', 'pipefail'], {
      env: { STATE: state },
      input: `${script}\n`,
    })
    assert.equal(code, 0, output)
    const told = [...script.matchAll(/^ask .* # (\d{3})\b/gm)]
    const said = [...stdout.matchAll(/ (\d{3})$/gm)]
    assert.equal(told.length, 7)
    assert.deepEqual(
      said.map(([, status]) => status),
      told.map(([, status]) => status),
      output,
    )
  }

  it('uses its state again, and leaves the gateway alone in charge when told to', async () => {
    const before = starts[0]?.facts ?? assert.fail()
    const { facts, child, ended, output } = await start(
      '--registry-auth',
      'off',
      '--log-format',
      'pretty',
    )
    assert.deepEqual(facts.namespaces, before.namespaces)
    const inside = Number(facts.upstream.split(':')[1])
    assert.equal((await ask(inside, '/v2/')).status, 200)
    assert.equal((await ask(port, '/v2/team-a/seen/tags/list')).status, 401)
    await until('its line', 20_000, () =>
      /gateway refused 401 {2}GET tags repository:team-a\/seen:pull/.test(output()),
    )
    child.kill('SIGINT')
    assert.equal(await inTime(ended), 0)
    assert.equal(await leftOver(), '')
  })

  it('reports a part that dies, with its last lines, and ends the rest', async () => {
    const { child, ended, output } = await start()
    const listed = (await leftOver()).split('\n').find((line) => line.includes('registry.yaml'))
    process.kill(Number(listed?.trim().split(' ')[0]), 'SIGKILL')
    assert.equal(await inTime(ended), 1)
    assert.equal(child.exitCode, 1)
    assert.match(output(), /registry ended by itself \(signal SIGKILL\).*registry\.log:\n./s)
    assert.equal(await leftOver(), '')
  })

  it('says which port is busy and how to choose another', async () => {
    const taken = createServer().listen(port, '127.0.0.1')
    await once(taken, 'listening')
    try {
      const { code, stderr } = await run(process.execPath, args())
      assert.equal(code, 1)
      assert.match(stderr, new RegExp(`port ${port} is in use.*--port`))
    } finally {
      taken.close()
    }
  })

  it('stops when the npm that runs it is stopped', async () => {
    // As npm does: a shell of its own between, and a variable that tells.
    const line = [process.execPath, ...args()].join(' ')
    const npm = spawn('sh', ['-c', `${line}; true`], {
      stdio: 'ignore',
      env: { ...process.env, npm_lifecycle_event: 'start' },
    })
    const file = path.join(state, 'quickstart.json')
    await until('it is up', PATIENCE, () => existsSync(file))
    npm.kill('SIGKILL')
    let left = ''
    await until('nothing is left', PATIENCE, async () => {
      left = await leftOver()
      return !existsSync(file) && left === ''
    }).catch((cause: unknown) => {
      throw new Error(left, { cause })
    })
  })

  it('keeps stdout for the log where that is asked for as JSON, and minds no settings of the environment', async () => {
    process.env['RAUTH_LISTEN_TOKEN'] = '127.0.0.1:1'
    try {
      const { child, ended, output, stdout } = await start('--log-format', 'json')
      assert.match(output(), /Registry: localhost:.*docker login/s, 'told on stderr')
      assert.equal((await ask(port, '/v2/team-a/piped/tags/list')).status, 401)
      await until('its line', 20_000, () => /team-a\/piped.*\n/.test(stdout()))
      child.kill('SIGTERM')
      assert.equal(await inTime(ended), 0)
      for (const line of stdout().trimEnd().split('\n')) {
        assert.doesNotThrow(() => JSON.parse(line) as unknown, line)
      }
    } finally {
      delete process.env['RAUTH_LISTEN_TOKEN']
    }
  })

  it('stops also while it starts', async () => {
    for (const wait of [100, 250, 400, 700, 'facts'] as const) {
      const child = spawn(process.execPath, args(), { stdio: ['ignore', 'ignore', 'pipe'] })
      const ended = once(child, 'close')
      if (wait !== 'facts') await sleep(wait)
      else await untilFacts(child)
      child.kill('SIGINT')
      const [code, signal] = (await inTime(ended)) as [number | null, string | null]
      // Before it listens to signals, the system's own way to end it is right.
      assert.ok(code === 0 || signal === 'SIGINT', `after ${wait} ms: ${code} ${signal}`)
      assert.equal(await leftOver(), '', `after ${wait} ms`)
    }
  })

  it('names the manifest that it cannot use', async () => {
    await writeFile(path.join(state, 'secrets', 'team-a.yaml'), 'apiVersion: v1\nkind: Secret\n')
    const { code, stderr } = await run(process.execPath, args())
    assert.equal(code, 1)
    assert.match(stderr, /team-a\.yaml has no username and password: mend it, or remove it/)
  })

  it('explains its options, and refuses others', async () => {
    const help = await run(process.execPath, [PROGRAM, '--help'])
    assert.equal(help.code, 0)
    assert.match(help.stdout, /--port PORT .*--registry-auth on\|off .*--state DIRECTORY/s)
    for (const wrong of [
      ['--prot', '1'],
      ['--port', 'x'],
      ['--port', '0'],
      ['--registry-auth', 'no'],
      ['--state', ''],
      ['--log-format', 'yaml'],
    ]) {
      const answer = await run(process.execPath, [PROGRAM, ...wrong])
      assert.equal(answer.code, 2, wrong.join(' '))
      assert.match(answer.stderr, /--registry-auth on\|off/)
    }
  })
})
