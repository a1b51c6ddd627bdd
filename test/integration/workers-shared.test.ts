import assert from 'node:assert/strict'
import { readFile, rename } from 'node:fs/promises'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { replaceFile } from '../../tools/stack/state.ts'
import { startChecking } from '../support/checking.ts'
import { ask, basic, fetchToken } from '../support/http.ts'
import { openStream } from '../support/live-view/stream.ts'
import { childrenOf } from '../support/process-figures.ts'
import { SERVICE, startServing, type Serving } from '../support/serving.ts'
import { until } from '../support/until.ts'

/** Longer than a busy machine needs for anything here, milliseconds. */
const PATIENCE = 20_000

const LOGIN = { username: 'team-a', password: 'correct-horse-battery' }
const SCOPE = 'repository:team-a/app:pull'
const TOKEN = `/token?service=${SERVICE}&scope=${SCOPE}`
const headers = { authorization: basic(LOGIN.username, LOGIN.password) }

/** Each question on a connection of its own: they are given to the workers in turn. */
const MANY = Array.from({ length: 8 })

interface AuditedLine {
  readonly worker?: number
  readonly requested?: string
}

describe('what several workers have together', () => {
  let serving: Serving
  before(async () => {
    serving = await startServing({
      logins: [LOGIN],
      config: {
        ...{ workers: 2, logLevel: 'info', drainDelay: '5s', token: { expiry: '5m' } },
        ...{ audit: { to: './audit.log' }, liveView: { enabled: true } },
      },
    })
  })
  after(() => serving.stop())

  const file = (name: string) => path.join(path.dirname(serving.config), name)
  const tokens = async (target = TOKEN) => {
    const bodies: string[] = []
    for (const [,] of MANY.entries()) {
      const { status, body } = await ask(serving.token, target, { headers })
      assert.equal(status, 200, body)
      bodies.push(body)
    }
    return bodies
  }
  /** Lines of a file that are decisions, but for one that is being written. Throws where another is not whole. */
  const audited = async (name: string) => {
    const text = await readFile(file(name), 'utf8').catch(() => '')
    return text
      .slice(0, text.lastIndexOf('\n') + 1)
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as AuditedLine)
  }
  const logged = async (part: RegExp) =>
    (await serving.log()).split('\n').filter((line) => part.test(line))
  const readyz = async () => (await ask(serving.operations, '/readyz?verbose')).body

  it('is one audit, each line of it whole, and one file after it was moved away', async () => {
    /** All that is decided from now on is there. */
    const isWhole = async (name: string) => {
      // Lines of before may still come.
      const scope = `repository:team-a/${name}:pull`
      await tokens(`/token?service=${SERVICE}&scope=${scope}`)
      await until('all is written', PATIENCE, async () => {
        const found = (await audited('audit.log')).filter(({ requested }) => requested === scope)
        assert.ok(found.length <= MANY.length)
        return found.length === MANY.length
      })
    }
    await isWhole('first')
    const workers = new Set((await audited('audit.log')).map(({ worker }) => worker))
    assert.deepEqual([...workers].sort(), [1, 2])
    await rename(file('audit.log'), file('audit.log.1'))
    process.kill(serving.child.pid, 'SIGHUP')
    await until('the file is there again', PATIENCE, async () => {
      await tokens()
      return (await audited('audit.log')).length > 0
    })
    const moved = async () => (await audited('audit.log.1')).length
    await until('nobody writes to that of before', PATIENCE, async () => {
      const before = await moved()
      await tokens()
      return (await moved()) === before
    })
    await isWhole('last')
  })

  it('is a configuration that is in force with all of them, or with none', async () => {
    await serving.change({ token: { expiry: '7m' }, policy: { file: './policy.yaml' } })
    await until('it is said', PATIENCE, async () => (await logged(/policy\.yaml/)).length > 0)
    assert.match(await readyz(), /\[!\]config goes on: .*policy\.yaml/)
    for (const body of await tokens()) assert.match(body, /"expires_in":(?:300|2\d\d),/)

    await replaceFile(
      file('policy.yaml'),
      "rules:\n  - match: { name: 'x/y' }\n    actions: [pull]\n",
    )
    process.kill(serving.child.pid, 'SIGHUP')
    await until('all have it', PATIENCE, async () =>
      (await tokens()).every((body) => /"expires_in":4[012]\d,/.test(body)),
    )
    await until('it is well', PATIENCE, async () => (await readyz()).includes('[+]config ok'))
    // What did not change goes on as it was, and is watched.
    await serving.change({ token: { expiry: '9m' } })
    await until('all have the next', PATIENCE, async () =>
      (await tokens()).every((body) => /"expires_in":5[34]\d,/.test(body)),
    )
    const rule = "match: { name: '${namespace}/**' }"
    await replaceFile(file('policy.yaml'), `rules:\n  - ${rule}\n    actions: [pull]\n`)
    const check = startChecking(serving.gateway, PATIENCE)
    try {
      await until('the policy counts', PATIENCE, async () => {
        const token = await fetchToken(serving.token, LOGIN, SERVICE, SCOPE)
        const asked = { method: 'GET', path: '/v2/team-a/app/tags/list', token }
        return (await check.check(asked)) === 200
      })
    } finally {
      check.close()
    }
  })

  it('is a live view of what all of them decide', async () => {
    const stream = await openStream(serving.operations)
    try {
      const seen = () =>
        stream.events.flatMap(({ name, data }) =>
          name === 'decisions' ? (data as { lines: { id: string; what: string }[] }).lines : [],
        )
      await until('what was before is told', PATIENCE, () => seen().length > 0)
      const before = seen().length
      await tokens()
      await until('each is seen', PATIENCE, () => seen().length >= before + MANY.length)
      const { body } = await ask(serving.operations, `/live/decisions/${seen().at(-1)?.id ?? ''}`)
      assert.match(body, /"sentence"|"words"|"what"/)
      assert.match(body, /team-a\/app/)
      const tables = await ask(serving.operations, '/live/tables')
      assert.match(tables.body, /"namespace":"team-a"/)
    } finally {
      stream.close()
    }
  })

  it('is told of signals by the first process, and by no other', async () => {
    const { pid } = serving.child
    for (const worker of childrenOf(pid)) {
      for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const) {
        process.kill(worker, signal)
      }
    }
    process.kill(pid, 'SIGUSR2')
    await until('all three log all there is', PATIENCE, async () => {
      return (await logged(/"logs all there is"/)).length === 3
    })
    await tokens()
    assert.equal(
      (await ask(serving.operations, '/metrics')).body.match(/^rauth_workers 2$/m)?.length,
      1,
    )
    assert.match(await readyz(), /\[\+\]workers ok/)
  })

  it('is the end: it says so first, goes on for that long, and then all are gone', async () => {
    process.kill(serving.child.pid, 'SIGTERM')
    await until('it says so', PATIENCE, async () =>
      (await readyz()).includes('[-]running failed: it was told to stop'),
    )
    await tokens()
    assert.equal(await serving.child.ended, 'exit code 0')
    assert.deepEqual(await logged(/takes its place|does not stop/), [])
  })
})
