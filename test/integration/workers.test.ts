import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { decodeJwt } from 'jose'
import { replaceFile } from '../../tools/stack/state.ts'
import { ask, basic, fetchToken } from '../support/http.ts'
import { askPaced } from '../support/paced.ts'
import { childrenOf } from '../support/process-figures.ts'
import { SERVICE, startServing, type Serving } from '../support/serving.ts'
import { promised } from '../support/promised.ts'
import { until } from '../support/until.ts'

/** Longer than a busy machine needs for anything here, milliseconds. */
const PATIENCE = 30_000

const LOGIN = { username: 'team-a', password: 'correct-horse-battery' }
const SCOPE = 'repository:team-a/app:pull'
const TOKEN = `/token?service=${SERVICE}&scope=${SCOPE}`
const TAGS = '/v2/team-a/app/tags/list'

/** Each question on a connection of its own: they are given to the workers in turn. */
const MANY = Array.from({ length: 12 })

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

describe('several workers', () => {
  let serving: Serving
  before(async () => {
    serving = await startServing({
      logins: [LOGIN],
      config: { workers: 2, logLevel: 'info', guessing: { failures: 4 }, drainTimeout: '1s' },
    })
  })
  after(() => serving.stop())

  const login = (password: string) => ({ authorization: basic(LOGIN.username, password) })
  const statuses = async (one: () => Promise<{ status: number }>) => {
    const found: number[] = []
    for (const [,] of MANY.entries()) found.push((await one()).status)
    return found
  }
  const all = (status: number) => MANY.map(() => status)
  const metric = async (name: string) => {
    const { body } = await ask(serving.operations, '/metrics')
    const values = body.split('\n').filter((line) => line.startsWith(name))
    return values.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
  }
  const ready = async () => {
    const { status, body } = await ask(serving.operations, '/readyz')
    return { ...(JSON.parse(body) as { parts: object; troubles?: object }), status }
  }
  /** The processes of the workers. */
  const workers = () => childrenOf(serving.child.pid)

  it('serve the same ports, are ready as one and counted together', async () => {
    assert.equal(workers().length, 2)
    const before = await metric('rauth_decisions_total')
    const headers = login(LOGIN.password)
    assert.deepEqual(await statuses(() => ask(serving.token, TOKEN, { headers })), all(200))
    const bearer = await fetchToken(serving.token, LOGIN, SERVICE, SCOPE)
    const authorization = `Bearer ${bearer}`
    const check = () => ask(serving.gatewayHttp, TAGS, { headers: { authorization } })
    assert.deepEqual(await statuses(check), all(200))
    assert.equal(await metric('rauth_decisions_total'), before + 2 * MANY.length + 1)
    const { status, parts, troubles } = await ready()
    assert.deepEqual([status, troubles], [200, undefined])
    assert.deepEqual(
      ['secrets', 'keys', 'listeners.token', 'workers', 'running'].filter(
        (name) => !(name in parts),
      ),
      [],
    )
    const log = (await serving.log()).split('\n').filter((line) => line.includes('"decision"'))
    for (const worker of [1, 2]) {
      assert.ok(
        log.some((line) => line.includes(`"worker":${worker},`)),
        `${worker} did nothing`,
      )
    }
  })

  it('tell of a decision whichever of them made it', async () => {
    for (const [,] of MANY.entries()) {
      const { body } = await ask(serving.gatewayHttp, TAGS)
      const id = /"decision":"([0-9a-f-]{36})"/.exec(body)?.[1] ?? assert.fail(body)
      assert.equal((await ask(serving.operations, `/decisions/${id}`)).status, 200)
    }
    assert.equal((await ask(serving.operations, '/decisions/none')).status, 404)
  })

  it('refuse what is revoked, all of them within a second', async () => {
    const bearer = await fetchToken(serving.token, LOGIN, SERVICE, SCOPE)
    const authorization = `Bearer ${bearer}`
    const check = () => ask(serving.gatewayHttp, TAGS, { headers: { authorization } })
    await serving.writeSecret('team-a', { ...LOGIN, password: 'another-one-entirely' })
    await promised('all refuse', 1_000, async () =>
      (await statuses(check)).every((status) => status === 401),
    )
    assert.deepEqual(await statuses(check), all(401))
    const headers = login('another-one-entirely')
    assert.deepEqual(await statuses(() => ask(serving.token, TOKEN, { headers })), all(200))
    await serving.writeSecret('team-a', LOGIN)
    await until('the first password is back', PATIENCE, async () =>
      (await statuses(() => ask(serving.token, TOKEN, { headers: login(LOGIN.password) }))).every(
        (status) => status === 200,
      ),
    )
  })

  it('count wrong passwords together', async () => {
    const found = await statuses(() =>
      ask(serving.token, `/token?service=${SERVICE}`, {
        headers: { authorization: basic('nobody', 'wrong') },
      }),
    )
    assert.deepEqual(found, [...all(401).slice(0, 4), ...all(429).slice(4)])
  })

  it('take the next configuration, all of them', async () => {
    await serving.change({ token: { expiry: '10m' } })
    await until('all have it', PATIENCE, async () => {
      const bodies: string[] = []
      for (const [,] of MANY.entries()) {
        const headers = login(LOGIN.password)
        bodies.push((await ask(serving.token, TOKEN, { headers })).body)
      }
      // A token that is given again has less than the whole of it.
      return bodies.every((body) => /"expires_in":(?:600|5[4-9]\d),/.test(body))
    })
  })

  it('are replaced when they die, which fails what was under way at them and no more', async (context) => {
    const headers = login(LOGIN.password)
    const counted = await metric('rauth_decisions_total')
    const [first = 0, second = 0] = workers()
    const paced = askPaced(200, async () => {
      const { status } = await ask(serving.token, TOKEN, { headers })
      if (status !== 200) throw new Error(String(status))
    })
    try {
      await until('it serves', PATIENCE, () => paced.done() > 50)
      process.kill(first, 'SIGKILL')
      await until('another takes its place', PATIENCE, () => {
        const now = workers()
        return now.length === 2 && !now.includes(first) && now.includes(second)
      })
      await until('all is well', PATIENCE, async () => (await ready()).troubles === undefined)
    } finally {
      await paced.stop()
    }
    context.diagnostic(`${paced.done()} answered, ${paced.failures.length} not`)
    assert.ok(paced.failures.length < 60, paced.failures.join())
    assert.ok((await metric('rauth_decisions_total')) >= counted, 'a counter fell')
    assert.match(await serving.log(), /"how":"signal SIGKILL".*a worker ended/)
    assert.deepEqual(await statuses(() => ask(serving.token, TOKEN, { headers })), all(200))
  })

  it('have no half of a policy in the place of one that died, either', async () => {
    const file = path.join(path.dirname(serving.config), 'policy.yaml')
    const first = (end: string) =>
      `rules:\n  - actions: ['*']\n    match:\n      name: team-a/**\n${end}`
    await replaceFile(file, first('      account: nobody\n'))
    await serving.change({ policy: { file } })
    const granted = async () => {
      const token = await fetchToken(serving.token, LOGIN, SERVICE, SCOPE)
      return decodeJwt<{ access: object[] }>(token).access.length
    }
    await until('it counts', PATIENCE, async () => (await granted()) === 0)
    await replaceFile(file, first(''))
    const isRefused = async () => Object.hasOwn((await ready()).troubles ?? {}, 'policy')
    await until('the half is refused', PATIENCE, isRefused)
    const before = workers()
    for (const pid of before) process.kill(pid, 'SIGKILL')
    await until('others serve', PATIENCE, async () => {
      const now = workers()
      const { troubles = {} } = await ready()
      const areOthers = now.length === 2 && !now.some((pid) => before.includes(pid))
      return areOthers && !Object.hasOwn(troubles, 'workers')
    })
    for (const [,] of MANY.entries()) assert.equal(await granted(), 0)
    assert.ok(await isRefused())
    await replaceFile(file, first('      account: team-a\n'))
    await until(
      'it is whole',
      PATIENCE,
      async () => (await granted()) === 1 && !(await isRefused()),
    )
  })

  it('end when they are told to, and leave nobody behind', async () => {
    const processes = workers()
    process.kill(serving.child.pid, 'SIGTERM')
    assert.equal(await serving.child.ended, 'exit code 0')
    assert.deepEqual(processes.filter(isRunning), [])
    assert.match(await serving.log(), /"stopped"/)
  })
})

it('workers end when the process that started them is killed', async () => {
  const serving = await startServing({ logins: [LOGIN], args: ['--workers', '2'] })
  try {
    const { pid } = serving.child
    const workers = childrenOf(pid)
    await serving.child.kill()
    for (const worker of workers) {
      await until('it is gone', PATIENCE, () =>
        readFile(`/proc/${worker}/stat`).then(
          () => false,
          () => true,
        ),
      )
    }
  } finally {
    await serving.stop()
  }
})

it('workers that are more than the cores can be stopped while they start', async (context) => {
  const serving = await startServing({
    logins: [LOGIN],
    args: ['--workers', '256'],
    config: { logLevel: 'info', drainDelay: '60s' },
    probe: '/livez',
  })
  try {
    const { pid } = serving.child
    const readyz = async () => (await ask(serving.operations, '/readyz?verbose')).body
    await until('the first serves', PATIENCE, async () =>
      /\[-\]workers failed: \d+ of 256 serve/.test(await readyz()),
    )
    const answers = () => ask(serving.token, '/health').then(({ status }) => status === 200)
    await until('it answers', PATIENCE, () => answers().catch(() => false))
    const before = childrenOf(pid)
    const begin = performance.now()
    process.kill(pid, 'SIGTERM')
    assert.equal(await serving.child.ended, 'exit code 0')
    context.diagnostic(`${Math.round(performance.now() - begin)} ms with ${before.length} workers`)
    assert.deepEqual(before.filter(isRunning), [])
    const log = await serving.log()
    assert.match(log, /256 workers, and rauth may run on \d+ cores?: .*; next: workers: auto/)
    assert.match(log, /"stopping: .*\n(?:.*\n)*.*"stopped"/)
    assert.doesNotMatch(log, /"ready"|takes its place/)
  } finally {
    await serving.stop()
  }
})
