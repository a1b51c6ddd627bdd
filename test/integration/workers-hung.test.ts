import assert from 'node:assert/strict'
import { Agent } from 'node:http'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { startChecking } from '../support/checking.ts'
import { ask, basic, fetchToken } from '../support/http.ts'
import { childrenOf } from '../support/process-figures.ts'
import { SERVICE, startServing, type Serving } from '../support/serving.ts'
import { promised, watchStalls } from '../support/promised.ts'
import { until } from '../support/until.ts'

/** Longer than a busy machine needs for anything here, milliseconds. */
const PATIENCE = 20_000

/** After so long without a word a worker is ended, and lets nobody in; milliseconds. */
const SILENCE = 10_000

const LOGIN = { username: 'team-a', password: 'correct-horse-battery' }
const OTHER = { username: 'team-b', password: 'battery-horse-correct' }
const TAGS = '/v2/team-a/app/tags/list'

async function started(test: (serving: Serving, token: string) => Promise<void>): Promise<void> {
  const serving = await startServing({
    logins: [LOGIN, OTHER],
    config: { workers: 2, logLevel: 'info', drainTimeout: '1s', guessing: { failures: 1 } },
  })
  try {
    const scope = 'repository:team-a/app:pull'
    await test(serving, await fetchToken(serving.token, LOGIN, SERVICE, scope))
  } finally {
    await serving.stop()
  }
}

// At the same time: both wait for the same ten seconds.
describe('a process of several that is stopped', { concurrency: true }, () => {
  it('is replaced where it is a worker, and nobody is told what was true before', () =>
    started(async (serving, token) => {
      const [hung = 0, other = 0] = childrenOf(serving.child.pid)
      process.kill(hung, 'SIGSTOP')
      const begin = performance.now()
      await serving.writeSecret('team-a', { ...LOGIN, password: 'another-one-entirely' })
      const revoked = performance.now()
      const stalls = watchStalls()
      const late: number[] = []
      let refused = 0
      let goesOn = true
      const agent = new Agent()
      const headers = { authorization: `Bearer ${token}` }
      async function one(): Promise<void> {
        const asked = performance.now()
        // Of the one that hangs there is none.
        const answer = await ask(serving.gatewayHttp, TAGS, { headers, agent }).catch(
          () => undefined,
        )
        if (answer?.status === 401) refused += 1
        else if (answer !== undefined && asked - revoked > 1_000 + stalls.total()) {
          late.push(asked - revoked)
        }
      }
      const asking: Promise<void>[] = []
      async function keepAsking(): Promise<void> {
        while (goesOn) {
          asking.push(one())
          await sleep(50)
        }
      }
      const all = keepAsking()
      try {
        const limit = SILENCE + PATIENCE
        const took = await until('another takes its place', limit, () => {
          const now = childrenOf(serving.child.pid)
          return now.length === 2 && !now.includes(hung) && now.includes(other)
        })
        assert.ok(took + revoked - begin > SILENCE - 2_000, `already after ${took} ms`)
        await until('it serves', PATIENCE, async () =>
          (await ask(serving.operations, '/readyz?verbose')).body.includes('[+]workers ok'),
        )
      } finally {
        goesOn = false
        await all
        stalls.stop()
        // Those that the one which hung was given.
        agent.destroy()
      }
      await Promise.all(asking)
      assert.deepEqual(late, [])
      assert.ok(refused > 50, `${refused} answers`)
      assert.match(await serving.log(), /a worker hangs: it is ended/)
      const { body } = await ask(serving.operations, '/metrics')
      assert.match(body, /^rauth_worker_ends_total\{[^}]*"silent"[^}]*\} 1$/m)
    }))

  it('answers no connection that it was given, and ends it when it dies', () =>
    started(async (serving) => {
      const [hung = 0] = childrenOf(serving.child.pid)
      process.kill(hung, 'SIGSTOP')
      const agent = new Agent()
      try {
        const asked = Array.from({ length: 4 }, () => {
          const one = { state: 'waits' }
          const end = (state: string) => () => (one.state = state)
          void ask(serving.token, '/health', { agent }).then(end('answered'), end('cut'))
          return one
        })
        const states = () => asked.map(({ state }) => state).sort()
        // Each worker has one at a time until it says that it has it.
        const others = ['answered', 'answered', 'answered']
        await until('the other answers the others', PATIENCE, () =>
          states()
            .slice(0, 3)
            .every((state) => state === 'answered'),
        )
        assert.deepEqual(states(), [...others, 'waits'])
        process.kill(hung, 'SIGKILL')
        await until('it is cut', SILENCE / 2, () => !states().includes('waits'))
        assert.deepEqual(states(), [...others, 'cut'])
      } finally {
        agent.destroy()
      }
    }))

  it('is the end of all logins where it is the first, until it goes on', () =>
    started(async (serving, token) => {
      // It takes the connections: those that are open go on.
      const checks = Array.from({ length: 4 }, () => startChecking(serving.gateway, PATIENCE))
      const asked = { method: 'GET', path: TAGS, token }
      const statuses = () => Promise.all(checks.map((one) => one.check(asked)))
      const all = (status: number) => checks.map(() => status)
      const before = childrenOf(serving.child.pid)
      const { pid } = serving.child
      const agent = new Agent({ keepAlive: true, maxSockets: 1 })
      const login = async (password: string) => {
        const headers = { authorization: basic(OTHER.username, password) }
        return (await ask(serving.token, `/token?service=${SERVICE}`, { headers, agent })).status
      }
      try {
        assert.deepEqual(await statuses(), all(200))
        assert.equal((await ask(serving.token, '/health', { agent })).status, 200)
        process.kill(pid, 'SIGSTOP')
        // It can't be asked whether too many failed, and is told when it goes on that this one did not.
        const loggedIn = login(OTHER.password).catch(String)
        const took = await promised('none lets in', SILENCE + 2_000, async () =>
          (await statuses()).every((status) => status !== 200),
        )
        assert.equal(await loggedIn, 200)
        assert.ok(took > SILENCE - 2_000, `already after ${took} ms`)
        process.kill(pid, 'SIGCONT')
        await until('all let in', PATIENCE, async () =>
          (await statuses()).every((status) => status === 200),
        )
        await sleep(1_500)
        assert.deepEqual(
          childrenOf(serving.child.pid),
          before,
          'it did not hear them, and ended them',
        )
        await until('no failure is counted', PATIENCE, async () => (await login('wrong')) === 401)
      } finally {
        process.kill(pid, 'SIGCONT')
        for (const one of checks) one.close()
        agent.destroy()
      }
    }))
})
