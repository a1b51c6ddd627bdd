import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rename, rm, stat, truncate, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { initializeKeys } from '../../src/adapters/file/keys/key-maker.ts'
import { secretManifest } from '../../tools/stack/secret-manifest.ts'
import { auditLines } from '../support/audit-lines.ts'
import { partsOnNoPage } from '../support/health-page.ts'
import { ask, basic } from '../support/http.ts'
import { run } from '../support/run.ts'
import { until } from '../support/until.ts'

/** The bundled program, from dist/test/integration. */
const PROGRAM = path.resolve(import.meta.dirname, '../../rauth.js')
const LIMIT = 30_000
const QUERY = '/token?service=internal-registry.io&scope=repository:team-a/app:pull'

describe('what rauth serve writes', () => {
  let directory: string
  const running: ChildProcess[] = []
  before(async () => {
    directory = await mkdtemp(path.join(os.tmpdir(), 'rauth-logs-'))
    await initializeKeys({
      ...{ directory: path.join(directory, 'keys'), algorithm: 'ES256', now: new Date() },
    })
    await mkdir(path.join(directory, 'secrets'))
    const secret = secretManifest('team-a', { username: 'team-a', password: 'canary' })
    await writeFile(path.join(directory, 'secrets', 'team-a.yaml'), secret)
  })
  after(async () => {
    for (const child of running) child.kill('SIGKILL')
    await rm(directory, { recursive: true, force: true })
  })

  interface Options {
    /** Of the program. */
    readonly args?: readonly string[]
    /** The command as it is run. */
    readonly wrap?: (command: readonly string[]) => readonly string[]
    readonly env?: Readonly<Record<string, string>>
  }

  async function serve(
    settings: string,
    { args = [], wrap = (command) => command, env = {} }: Options = {},
  ) {
    const config = path.join(directory, `rauth-${running.length}.yaml`)
    const ports = ['token', 'gateway', 'gatewayHttp', 'operations'].map((p) => `${p}: 127.0.0.1:0`)
    const listen = `listen: { ${ports.map((one) => one.replace(/: (.*)/, ": '$1'")).join(', ')} }`
    const text = `realm: http://localhost:1/token\ncredentials: { directory: secrets }\n${listen}\n${settings}`
    await writeFile(config, text)
    const command = [process.execPath, PROGRAM, 'serve', '-c', config, ...args]
    const [program = '', ...rest] = wrap(command)
    const child = spawn(program, rest, {
      ...{ stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: process.env['PATH'], ...env } },
    })
    running.push(child)
    // Once its output is here to its last byte, which may be after its end.
    const closed = once(child, 'close')
    let [stdout, stderr] = ['', '']
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
    await until('ready', LIMIT, async () => {
      if (child.exitCode !== null) await closed.then(() => assert.fail(stderr))
      return /ready /.test(stdout.replaceAll('"', ' '))
    })
    const port = (name: string) => Number(new RegExp(`"${name}":(\\d+)`).exec(stdout)?.[1])
    const login = (password: string) =>
      ask(port('token'), QUERY, { headers: { authorization: basic('team-a', password) } })
    async function end() {
      child.kill('SIGTERM')
      await closed
    }
    const put = (changed: string) => writeFile(config, text.replace(settings, changed))
    return { child, closed, port, login, end, put, stdout: () => stdout, stderr: () => stderr }
  }

  const idOf = ({ body }: { readonly body: string }) =>
    (JSON.parse(body) as { errors: [{ detail: { decision: string } }] }).errors[0].detail.decision

  it('is the audit in a file of its own, moved away by SIGHUP, whole at the end', async () => {
    const file = path.join(directory, 'audit.log')
    const rauth = await serve('audit: { to: ./audit.log }')
    const refused = idOf(await rauth.login('wrong'))
    await rauth.login('canary')
    await until('both lines', LIMIT, async () => {
      return auditLines(await readFile(file, 'utf8')).length === 2
    })
    await rename(file, `${file}.1`)
    rauth.child.kill('SIGHUP')
    await until('a new file', LIMIT, () =>
      stat(file).then(
        () => true,
        () => false,
      ),
    )
    const last = idOf(await rauth.login('wrong, too'))
    await rauth.end()
    const before = auditLines(await readFile(`${file}.1`, 'utf8'))
    const behind = auditLines(await readFile(file, 'utf8'))
    assert.deepEqual(
      [...before, ...behind].map(({ id, outcome }) => [id, outcome]),
      [
        [refused, 'refused'],
        [before[1]?.id, 'allowed'],
        [last, 'refused'],
      ],
    )
    assert.deepEqual(auditLines(rauth.stdout()), [], 'none of what could be decided is in the log')
  })

  it('is the audit on stdout, whatever is logged', async () => {
    const rauth = await serve('logLevel: info\naudit: { to: stdout }')
    const id = idOf(await rauth.login('wrong'))
    await rauth.end()
    assert.deepEqual(
      auditLines(rauth.stdout()).map((line) => line.id),
      [id],
    )
  })

  it('opens no debugger while the program is loaded either', async () => {
    const [guard, cli] = ['commands/no-debugger.js', 'cli.js'].map((name) =>
      path.resolve(import.meta.dirname, '../../src', name),
    )
    assert.match(
      await readFile(cli ?? '', 'utf8'),
      /^#!.*\nimport "\.\/commands\/no-debugger\.js";\n/,
    )
    const script = `await import(${JSON.stringify(guard)}); process.kill(process.pid, 'SIGUSR1')
      await new Promise((resolve) => setTimeout(resolve, 200)); console.log('goes on')`
    const { stdout, stderr } = await run(process.execPath, ['--input-type=module', '-e', script])
    assert.deepEqual([stdout, stderr], ['goes on\n', ''])
  })

  it('changes at run time by signals, none of which opens a debugger', async () => {
    const rauth = await serve('audit: { sampleReads: 1000000 }')
    const signal = async (name: NodeJS.Signals, said: string) => {
      rauth.child.kill(name)
      await until(said, LIMIT, () => rauth.stdout().includes(said))
    }
    await signal('SIGUSR1', 'SIGUSR1 does nothing')
    await signal('SIGUSR2', '"logLevel":"debug","msg":"logs all there is"')
    await signal('SIGUSR2', 'logs what is configured')
    const { status } = await rauth.login('canary')
    assert.equal(status, 200)
    await rauth.end()
    assert.doesNotMatch(rauth.stderr(), /debugger|inspector/i)
  })

  it('is again what was configured meanwhile, after SIGUSR2', async () => {
    const rauth = await serve('logLevel: info')
    const toggle = async (said: string) => {
      rauth.child.kill('SIGUSR2')
      await until(said, LIMIT, () => rauth.stdout().includes(said))
    }
    await toggle('"logLevel":"debug","msg":"logs all there is"')
    await rauth.put('logLevel: warn')
    await until('a reload', LIMIT, () => rauth.stdout().includes('has another level'))
    await rauth.login('wrong')
    await until('its line: all is still logged', LIMIT, () => {
      return auditLines(rauth.stdout()).length === 1
    })
    await toggle('"logLevel":"warn","msg":"logs what is configured"')
    await rauth.login('wrong')
    await rauth.end()
    assert.equal(auditLines(rauth.stdout()).length, 1, 'as configured by then')
  })

  it('is whole in each file, where one had no room for a line', async () => {
    const file = path.join(directory, 'torn.log')
    // 4096 bytes a file: the system takes the part of a write that has room, and then refuses (EFBIG).
    const rauth = await serve('audit: { to: ./torn.log }', {
      wrap: (command) => ['sh', '-c', `trap '' XFSZ; ulimit -f 8; exec "$@"`, 'sh', ...command],
    })
    const sent: string[] = []
    const troubles = () => rauth.stdout().split('the audit is not written').length - 1
    const untilFull = async (times: number) => {
      while (troubles() < times) sent.push(idOf(await rauth.login('wrong')))
    }
    const untilCut = async () => {
      let text = ''
      await until('the part of a line is gone', LIMIT, async () => {
        text = await readFile(file, 'utf8')
        return text.endsWith('\n')
      })
      return text
    }
    await untilFull(1)
    await untilCut()
    await rename(file, `${file}.1`)
    rauth.child.kill('SIGHUP')
    await until('another file', LIMIT, () => rauth.stdout().includes('is written again'))
    await untilFull(2)
    const second = await untilCut()
    // As whoever has no logrotate makes room.
    await truncate(file)
    await until('an end', LIMIT, () => rauth.stdout().split('is written again').length === 3)
    await rauth.end()
    const texts = [await readFile(`${file}.1`, 'utf8'), second, await readFile(file, 'utf8')]
    for (const text of texts) assert.match(text, /^\{"level"[^]*\n$/)
    const whole = texts.flatMap((text) => auditLines(text).map(({ id }) => id))
    assert.deepEqual(whole, sent)
  })

  it('is for people where that is wanted, without colours where no terminal is', async () => {
    const rauth = await serve('logFormat: pretty')
    const port = /token=|ports=\{"token":(\d+)/.exec(rauth.stdout())?.[1]
    await ask(Number(port), QUERY, { headers: { authorization: basic('a\u001b[2J', 'wrong') } })
    await rauth.end()
    assert.match(
      rauth.stdout(),
      /^\d\d:\d\d:\d\d\.\d{3} info {2}token {3}refused 400 {2}GET token .*credentials_malformed /m,
    )
    assert.ok(!rauth.stdout().includes('\u001b'))
  })

  it('is for people on a terminal, in colours where these are wanted', async () => {
    const pidFile = path.join(directory, 'pid')
    for (const [env, colored] of [
      [{}, true],
      [{ NO_COLOR: '1' }, false],
    ] as const) {
      // script(1) gives the program a terminal, and what it prints there to us.
      const rauth = await serve('logLevel: info', {
        wrap: (command) => [
          ...['script', '-qefc', `echo $$ > ${pidFile}; exec ${command.join(' ')}`, '/dev/null'],
        ],
        env,
      })
      const [, port] = /"token":(\d+)/.exec(rauth.stdout()) ?? assert.fail(rauth.stdout())
      await ask(Number(port), QUERY, { headers: { authorization: basic('team-a', 'wrong') } })
      process.kill(Number(await readFile(pidFile, 'utf8')), 'SIGTERM')
      await rauth.closed
      assert.match(rauth.stdout(), /refused 401.*credentials_invalid/)
      assert.equal(rauth.stdout().includes('\u001b[33mrefused 401'), colored)
      assert.equal(rauth.stdout().includes('\u001b'), colored)
    }
  })

  it('has the form that the command line says, over the file', async () => {
    const rauth = await serve('logFormat: pretty\nlogLevel: debug', {
      args: ['--log-format', 'json'],
    })
    // That the file says otherwise is no change of it.
    rauth.child.kill('SIGHUP')
    await until('a reload', LIMIT, () => /configuration/.test(rauth.stdout()))
    await rauth.end()
    for (const line of rauth.stdout().trimEnd().split('\n')) JSON.parse(line)
    assert.doesNotMatch(rauth.stdout(), /restart/)
  })

  it('allows nothing that cannot be recorded, where that is wanted', async () => {
    // Linux's file of a full disk.
    const rauth = await serve('audit: { to: /dev/full, required: true }')
    await rauth.login('canary')
    await until('a trouble', LIMIT, () => rauth.stdout().includes('the audit is not written'))
    const { status, body } = await rauth.login('canary')
    assert.equal(status, 503)
    assert.match(body, /"reason":"unrecorded"/)
    const ready = await ask(rauth.port('operations'), '/readyz')
    assert.equal(ready.status, 503)
    assert.deepEqual(partsOnNoPage(ready.body), [])
    assert.match(ready.body, /"audit":"\/dev\/full cannot be written: ENOSPC/)
    const metrics = await ask(rauth.port('operations'), '/metrics')
    assert.match(metrics.body, /^rauth_decisions_total\{[^}]*reason="unrecorded"[^}]*\} 1$/m)
    const explained = await ask(rauth.port('operations'), `/decisions/${idOf({ body })}`)
    assert.match(explained.body, /"reason":"unrecorded"/)
    await rauth.end()
    assert.deepEqual(
      auditLines(rauth.stdout()).map(({ id, outcome }) => [id, outcome]),
      [[idOf({ body }), 'failed']],
    )
  })

  it('is a reason not to start where it cannot be written', async () => {
    await assert.rejects(
      serve('audit: { to: ./missing/audit.log }'),
      /missing\/audit\.log cannot be/,
    )
  })
})
