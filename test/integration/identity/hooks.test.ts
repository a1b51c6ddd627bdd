import assert from 'node:assert/strict'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { createCommand } from '../../../src/adapters/command/command.ts'
import { createIdentityCommand } from '../../../src/adapters/command/identity-command.ts'
import { createIdentityHook } from '../../../src/adapters/http-hook/identity-hook.ts'
import { createOutbound } from '../../../src/adapters/outbound.ts'
import type { Answer, IdentitySource } from '../../../src/credentials/source.ts'
import { Redacted } from '../../../src/redacted.ts'

const REFERENCE = { id: 'hook', generation: 'g' }

const ask = (source: IdentitySource, username: string, password: string) =>
  source.ask({ username, password: new Redacted(password) })

/** What an answer comes to, in one line. */
function told(answer: Answer): string {
  switch (answer.kind) {
    case 'yes':
      return `yes ${JSON.stringify(answer.subject.credentials[0]?.labels)}`
    case 'busy':
      return 'busy'
    default:
      return `${answer.kind} ${answer.detail}`
  }
}

describe('an identity command', () => {
  let directory: string
  before(async () => {
    directory = await mkdtemp(path.join(os.tmpdir(), 'rauth-command-'))
  })
  after(() => rm(directory, { recursive: true, force: true }))

  async function source(script: string): Promise<IdentitySource> {
    const program = path.join(directory, `${Math.random()}.sh`)
    await writeFile(program, `#!/bin/sh\n${script}\n`)
    await chmod(program, 0o755)
    const environment = { PATH: process.env['PATH'], HOOK_DIRECTORY: directory }
    const limits = { timeout: 5_000, atOnce: 2 }
    const command = createCommand({ program, args: ['one'], environment, ...limits })
    return createIdentityCommand(command, REFERENCE)
  }

  const CASES: readonly (readonly [script: string, answer: string])[] = [
    ['exit 0', 'yes {}'],
    [`echo '{"labels":{"team":["a"]}}'`, 'yes {"team":["a"]}'],
    ['echo yes', 'error what the command printed is not {"labels": {…}}'],
    [`echo '{"labels":{"team":"a"}}'`, 'error what the command printed is not {"labels": {…}}'],
    ['exit 1', 'no the command denies'],
    ['exit 2', 'not-mine the command does not know'],
    ['exit 3', 'error the command exited with 3'],
    ['exit 127', 'error the command exited with 127'],
    [`echo '{"labels":{}}'; exit 1`, 'no the command denies'],
    ['kill -9 $$', 'error the command was ended by SIGKILL'],
  ]
  for (const [script, answer] of CASES) {
    it(`says ${answer.split(' ')[0] ?? ''} for: ${script}`, async () => {
      assert.equal(told(await ask(await source(script), 'alice', 'canary')), answer)
    })
  }

  it('is told user name and password on its standard input, and nowhere else', async () => {
    const one = await source(
      'cat > "$HOOK_DIRECTORY/in"; echo "$@" > "$HOOK_DIRECTORY/args"; env > "$HOOK_DIRECTORY/env"',
    )
    await ask(one, 'alice', 'ca na:ry ß')
    const read = (name: string) => readFile(path.join(directory, name), 'utf8')
    assert.equal(await read('in'), 'alice ca na:ry ß')
    assert.equal(await read('args'), 'one\n')
    assert.doesNotMatch(await read('env'), /alice|na:ry/)
  })

  it('is not asked about a name that would not be told from its password', async () => {
    const one = await source('exit 0')
    assert.equal(told(await ask(one, 'alice x', 'y')), 'not-mine user name with a space')
  })
})

describe('an identity hook over HTTP', () => {
  let server: Server
  let connections = 0
  const seen: { path?: string; method?: string; type?: string; body: string }[] = []
  before(async () => {
    server = createServer((request, response) => {
      let body = ''
      request.setEncoding('utf8').on('data', (text: string) => (body += text))
      request.on('end', () => {
        const { url = '', method = '', headers } = request
        seen.push({ path: url, method, type: headers['content-type'] ?? '', body })
        const [, status, said = ''] = /^\/(\d+)\/(.*)$/.exec(url) ?? []
        if (status === undefined) return
        response.writeHead(Number(status), { location: '/200/' })
        response.end(said === 'much' ? 'x'.repeat(100_000) : decodeURIComponent(said))
      })
    }).on('connection', () => (connections += 1))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  })
  after(() => {
    server.closeAllConnections()
    server.close()
  })

  const at = (where: string) =>
    new URL(where, `http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  /** Of who answers at all: longer than a busy machine needs for it. */
  function source(url: URL, { timeout = 20_000, atOnce = 4, patience = 20_000 } = {}) {
    const outbound = createOutbound({ timeout, limit: 65_536 })
    after(() => {
      outbound.close()
    })
    return createIdentityHook({ url, outbound, reference: REFERENCE, atOnce, patience })
  }

  const SILENT = { timeout: 500, patience: 500 }

  const CASES: readonly (readonly [path: string, answer: RegExp])[] = [
    ['/200/', /^yes \{\}$/],
    [`/200/${encodeURIComponent('{"labels":{"team":["a"]}}')}`, /^yes {"team":\["a"\]}$/],
    ['/200/ok', /^error the body of the answer is not/],
    ['/200/much', /^error the hook: an answer of more than 65536 bytes$/],
    ['/403/', /^no /],
    ['/404/', /^not-mine /],
    ['/401/', /^error the hook answered 401$/],
    ['/302/', /^error the hook answered 302$/],
    ['/500/', /^error the hook answered 500$/],
    ['/silence', /^error the hook: no answer within 0\.5 s$/],
  ]
  for (const [where, answer] of CASES) {
    it(`answers ${String(answer)} for ${where.slice(0, 12)}`, async () => {
      const one = source(at(where), where === '/silence' ? SILENT : {})
      assert.match(told(await ask(one, 'alice', 'canary')), answer)
    })
  }

  it('is an error where nobody listens', async () => {
    const answer = told(await ask(source(new URL('http://127.0.0.1:1/')), 'alice', 'canary'))
    assert.match(answer, /^error the hook: .*ECONNREFUSED/)
  })

  it('is told user name and password in the body alone, over a connection that is kept', async () => {
    const one = source(at('/200/'))
    const before = connections
    for (const password of ['one', 'two', 'ß"']) await ask(one, 'alice', password)
    assert.equal(connections - before, 1)
    assert.deepEqual(seen.at(-1), {
      ...{ path: '/200/', method: 'POST', type: 'application/json' },
      body: JSON.stringify({ user: 'alice', password: 'ß"' }),
    })
  })

  it('goes on over a new connection when the one that was kept is gone', async () => {
    const one = source(at('/200/'))
    for (let i = 0; i < 5; i += 1) {
      assert.equal(told(await ask(one, 'alice', `${i}`)), 'yes {}')
      server.closeAllConnections()
    }
  })

  it('lets no network take the places of others, whatever names it uses', async () => {
    const one = source(at('/silence'), { ...SILENT, atOnce: 1 })
    const from = (address: string, length: number) =>
      Promise.all(
        Array.from({ length }, (_, i) =>
          one
            .ask({ username: `${i}`, password: new Redacted('x'), address })
            .then(told)
            .then((text) => text.includes('too many questions wait')),
        ),
      )
    const [flood, other] = await Promise.all([from('192.0.2.1', 20), from('192.0.2.2', 1)])
    assert.equal(flood.filter(Boolean).length, 12)
    assert.deepEqual(other, [false])
  })

  it('bounds how many wait', async () => {
    // Clearly over when the first gives up.
    const one = source(at('/silence'), { ...SILENT, atOnce: 1, patience: 250 })
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => ask(one, `${i}`, 'x').then(told)),
    )
    const counted = (text: string) => answers.filter((answer) => answer.includes(text)).length
    assert.equal(counted('too many questions wait'), 3)
    assert.equal(counted('no answer within'), 1)
    assert.equal(counted('no turn in time'), 16)
  })
})
