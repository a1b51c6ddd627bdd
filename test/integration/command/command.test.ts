import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { after, before, describe, it } from 'node:test'
import { createCommand, type CommandOptions } from '../../../src/adapters/command/command.ts'
import { createPolicyCommand } from '../../../src/adapters/command/policy-command.ts'
import { requireProgram } from '../../../src/adapters/command/program.ts'
import type { Question } from '../../../src/authorize.ts'
import { until } from '../../support/until.ts'

describe('a command', () => {
  let directory: string
  const file = (name: string) => path.join(directory, name)
  before(async () => {
    directory = await mkdtemp(path.join(os.tmpdir(), 'rauth-command-'))
  })
  after(() => rm(directory, { recursive: true, force: true }))

  async function script(text: string, more: Partial<CommandOptions> = {}) {
    const program = file(`script-${Math.random()}`)
    await writeFile(program, `#!/bin/sh\n${text}\n`)
    await chmod(program, 0o755)
    const environment = { PATH: process.env['PATH'], SECRET: 'from the environment' }
    return createCommand({
      ...{ program, args: ['', 'a b', '$HOME'], environment, timeout: 30_000, atOnce: 2 },
      ...more,
    })
  }

  it('has its question on standard input, whole and nothing more, and its answer taken', async () => {
    const command = await script('printf "%s|" "$@"; cat; exit 7')
    const outcome = await command('user pass word', '')
    assert.ok(outcome.kind === 'exit')
    assert.equal(outcome.code, 7)
    assert.equal(outcome.stdout.toString(), '|a b|$HOME|user pass word')
  })

  it('has the environment that it is given, and no other', async () => {
    process.env['RAUTH_COMMAND_TEST'] = 'x'
    const outcome = await (await script('printf "%s" "$SECRET$RAUTH_COMMAND_TEST"'))('', '')
    delete process.env['RAUTH_COMMAND_TEST']
    assert.ok(outcome.kind === 'exit')
    assert.equal(outcome.stdout.toString(), 'from the environment')
  })

  it('may answer before it has read the question', async () => {
    const outcome = await (await script('exit 1'))('x'.repeat(1_000_000), '')
    assert.ok(outcome.kind === 'exit' && outcome.code === 1)
  })

  it('is ended with all that it started when it is late', async () => {
    let pid = 0
    // On a machine that is late it may be ended before it has started anybody.
    for (let timeout = 300; pid === 0; timeout *= 4) {
      assert.ok(timeout < 60_000)
      const command = await script(`sleep 60 & echo $! > ${file('pid')}; wait`, { timeout })
      const detail = `the command gave no answer within ${timeout / 1000} s`
      assert.deepEqual(await command('', ''), { kind: 'failure', detail })
      pid = Number(await readFile(file('pid'), 'utf8').catch(() => ''))
    }
    await until('the end of the child', 20_000, () => isGone(pid))
  })

  it('is ended when it prints without end', async () => {
    const outcome = await (await script('yes'))('', '')
    assert.deepEqual(outcome, { kind: 'failure', detail: 'the command printed more than 64 KiB' })
  })

  it('is answered though it leaves somebody who holds on to its output', async () => {
    const outcome = await (await script('sleep 30 & echo yes', { timeout: 20_000 }))('', '')
    assert.ok(outcome.kind === 'exit')
    assert.equal(outcome.stdout.toString(), 'yes\n')
  })

  it('gives no answer when a signal ends it, or when it is not there', async () => {
    const killed = await (await script('kill -9 $$'))('', '')
    assert.deepEqual(killed, { kind: 'failure', detail: 'the command was ended by SIGKILL' })
    const gone = await (await script('', { program: file('nowhere') }))('', '')
    assert.match(gone.kind === 'failure' ? gone.detail : '', /cannot be run: .*ENOENT/)
  })

  it('gives no answer where the system starts no process, and the next one is asked again', async () => {
    const large = 'x'.repeat(3_000_000)
    const tooBig = await (await script('exit 0', { args: [large] }))('', '')
    assert.match(tooBig.kind === 'failure' ? tooBig.detail : '', /cannot be run: .*E2BIG/)

    const adapter = new URL('../../../src/adapters/command/command.js', import.meta.url)
    const program = `
      import { closeSync, openSync } from 'node:fs'
      import { createCommand } from ${JSON.stringify(adapter.href)}
      const command = createCommand({
        program: '/bin/sh', args: ['-c', 'exit 0'], environment: {}, timeout: 5000, atOnce: 1,
      })
      const open = []
      try {
        for (;;) open.push(openSync('/dev/null'))
      } catch {}
      const without = await command('', '')
      for (const one of open) closeSync(one)
      console.log(JSON.stringify([without.detail, (await command('', '')).kind]))`
    const [detail, after] = JSON.parse(await runWith(64, program)) as string[]
    assert.match(detail ?? '', /cannot be run: .*EMFILE/)
    assert.equal(after, 'exit')
  })

  it('runs no more at a time than it may, and turns away whom no turn would reach', async () => {
    const command = await script(`echo + >> ${file('runs')}; sleep 0.2; echo - >> ${file('runs')}`)
    const outcomes = await Promise.all(Array.from({ length: 40 }, (_, i) => command('', `${i}`)))
    const marks = (await readFile(file('runs'), 'utf8')).replaceAll('\n', '')
    let running = 0
    for (const mark of marks) {
      running += mark === '+' ? 1 : -1
      assert.ok(running <= 2, marks)
    }
    const turnedAway = outcomes.filter(({ kind }) => kind === 'failure')
    assert.equal(turnedAway.length, 6)
    assert.deepEqual(turnedAway[0], {
      ...{ kind: 'failure', detail: 'too many questions wait for the command' },
    })
  })

  it('lets nobody take the places of others', async () => {
    const command = await script('sleep 0.05')
    const many = Promise.all(Array.from({ length: 40 }, () => command('', 'mallory')))
    const other = await command('', 'team-a')
    assert.equal(other.kind, 'exit')
    assert.equal((await many).filter(({ kind }) => kind === 'exit').length, 16)
  })

  const QUESTION: Question = {
    ...{ account: 'ci', holder: { namespace: 'team-a' } },
    resource: { type: 'repository', name: 'a/b', actions: ['pull', 'push'] },
    ...{ service: 'Docker registry', address: '::ffff:192.0.2.7', labels: { group: ['CICD'] } },
    share: 'team-a',
  }

  it('is asked what docker_auth asks its ext_authz', async () => {
    const asks = createPolicyCommand(await script(`cat > ${file('asked')}`))
    assert.deepEqual(await asks(QUESTION), { kind: 'allowed' })
    assert.equal(
      await readFile(file('asked'), 'utf8'),
      '{"Account":"ci","Type":"repository","Name":"a/b","Service":"Docker registry","IP":"192.0.2.7","Actions":["pull","push"],"Labels":{"group":["CICD"]}}',
    )
    await asks({ ...QUESTION, account: '', address: '2001:DB8:0:0::7', labels: {} })
    assert.match(
      await readFile(file('asked'), 'utf8'),
      /^\{"Account":"",.*"IP":"2001:db8::7",.*"Labels":null\}$/,
    )
  })

  it('is asked for nobody in the place of its network', async () => {
    const shares: string[] = []
    const asks = createPolicyCommand((_, share) => {
      shares.push(share)
      return Promise.resolve({ kind: 'exit', code: 0, stdout: Buffer.alloc(0) })
    })
    await asks(QUESTION)
    await asks({ ...QUESTION, share: undefined })
    await asks({ ...QUESTION, share: undefined, address: '2001:db8::7' })
    assert.deepEqual(shares, ['team-a', '192.0.2.7', '2001:db8:0:0::/64'])
  })

  for (const [code, kind] of [
    [0, 'allowed'],
    [1, 'denied'],
    [2, 'failure'],
    [126, 'failure'],
  ] as const) {
    it(`with exit code ${code} says: ${kind}`, async () => {
      const judgement = await createPolicyCommand(await script(`exit ${code}`))(QUESTION)
      assert.equal(judgement.kind, kind)
    })
  }

  it('must be there and executable at the start', async () => {
    await writeFile(file('plain'), '')
    await requireProgram('sh', process.env['PATH'], 'policy.command')
    await requireProgram('/bin/sh', undefined, 'policy.command')
    for (const program of [file('plain'), file('nowhere'), directory, 'no-such-program']) {
      await assert.rejects(
        requireProgram(program, process.env['PATH'], 'policy.command'),
        /^RauthError: policy\.command: .* next: put it there, and let the user/,
      )
    }
  })
})

/** What a module prints in a process that may have so many files open. */
async function runWith(files: number, module: string): Promise<string> {
  const script = `ulimit -n ${files}; exec "$0" "$@"`
  const node = [process.execPath, '--input-type=module', '--eval', module]
  const { stdout } = await promisify(execFile)('/bin/sh', ['-c', script, ...node], {
    timeout: 30_000,
  })
  return stdout
}

function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return false
  } catch {
    return true
  }
}
