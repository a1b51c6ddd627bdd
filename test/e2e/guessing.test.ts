import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { createClient } from '@redis/client'
import { stringify } from 'yaml'
import { installParts } from '../../tools/parts/install.ts'
import { startChild, untilReady, type Child } from '../../tools/stack/child.ts'
import { freePort } from '../../tools/stack/ports.ts'
import { prepareState, type State } from '../../tools/stack/state.ts'
import { ask, basic, type Answer, type Question } from '../support/http.ts'
import { run } from '../support/run.ts'
import { startStack, type Stack } from '../support/stack.ts'
import { until } from '../support/until.ts'

/** The program, from dist/test/e2e. */
const PROGRAM = path.resolve(import.meta.dirname, '../../rauth.js')

const SERVICE = 'internal-registry.io'
const FAILURES = 10
const CANARY = 'canary-of-redis'
/** How long a login waits for an answer of Redis, milliseconds. */
const WAIT = 250

function login(
  port: number,
  username: string,
  password: string,
  { headers = {}, ...question }: Question = {},
): Promise<Answer> {
  return ask(port, `/token?service=${SERVICE}`, {
    ...question,
    headers: { authorization: basic(username, password), ...headers },
  })
}

/** Statuses of so many wrong passwords, one after the other. */
async function guess(port: number, username: string, times: number, question: Question = {}) {
  const statuses: number[] = []
  for (let i = 0; i < times; i += 1) {
    const answer = await login(port, username, `wrong ${String(i)}`, question)
    statuses.push(answer.status)
  }
  return statuses
}

const unauthorized = (times: number) => Array<number>(times).fill(401)

describe('guessing through Envoy', () => {
  let stack: Stack
  before(async () => {
    stack = await startStack({ registry: '3', registryAuth: false, envoy: true })
  })
  after(() => stack.stop())

  it('is counted by the address of the client, which no header changes', async () => {
    for (let i = 0; i < FAILURES; i += 1) {
      const headers = { 'x-forwarded-for': [`192.0.2.${String(i)}`, '127.0.0.1'] }
      const answer = await login(stack.entry, 'team-a', 'wrong', { headers, from: '127.0.0.2' })
      assert.equal(answer.status, 401)
    }
    const { username, password } = stack.login('team-a')
    const forged = { headers: { 'x-forwarded-for': '192.0.2.99' } }
    const refused = await login(stack.entry, username, password, { ...forged, from: '127.0.0.2' })
    assert.equal(refused.status, 429, refused.body)
    const seconds = Number(refused.headers['retry-after'])
    assert.ok(seconds > 0 && seconds <= 300, refused.headers['retry-after'])
    assert.match(refused.body, /"code":"TOOMANYREQUESTS"/)
    const other = await login(stack.entry, username, password)
    assert.equal(other.status, 200, 'another client, behind the same Envoy')
    const addresses = (await stack.rauthLog()).matchAll(/"address":"([^"]+)"/g)
    assert.deepEqual([...new Set([...addresses].map(([, address]) => address))].sort(), [
      '127.0.0.1',
      '127.0.0.2',
    ])
  })

  it('is counted so for clients on the machine of Envoy, too', async () => {
    const statuses: number[] = []
    for (let i = 0; i <= FAILURES; i += 1) {
      const headers = { 'x-forwarded-for': `192.0.2.${String(i)}` }
      statuses.push((await login(stack.entry, 'team-b', 'wrong', { headers })).status)
    }
    assert.deepEqual(statuses, [...unauthorized(FAILURES), 429])
  })
})

describe('guessing at two replicas that share a Redis', () => {
  let directory: string
  let redisProgram: string
  let redisPort: number
  let redis: Child
  let state: State
  const replicas: (Child & { readonly token: number; readonly operations: number })[] = []
  let config: string

  async function startRedis(): Promise<void> {
    const args = ['--port', String(redisPort), '--bind', '127.0.0.1', '--requirepass', CANARY]
    redis = await startChild({
      name: 'redis',
      program: redisProgram,
      args: [...args, '--save', '', '--dir', directory],
      logFile: path.join(directory, 'redis.log'),
    })
    await untilReady(redis, async () => {
      const log = await readFile(redis.logFile, 'utf8')
      return log.split('Ready to accept connections').length > 1
    })
  }

  async function startReplica(name: string): Promise<void> {
    const [token, operations] = [await freePort(), await freePort()]
    config = path.join(directory, `${name}.yaml`)
    await writeFile(
      config,
      stringify({
        realm: 'https://registry.test/token',
        keys: { directory: state.keys },
        credentials: { directory: state.secrets },
        guessing: { redis: `redis://:${CANARY}@127.0.0.1:${String(redisPort)}` },
        listen: {
          token: `127.0.0.1:${String(token)}`,
          operations: `127.0.0.1:${String(operations)}`,
        },
      }),
    )
    const child = await startChild({
      ...{ name, program: process.execPath },
      args: [PROGRAM, 'serve', '--role', 'token', '-c', config],
      logFile: path.join(directory, `${name}.log`),
    })
    await untilReady(child, async () => {
      const log = await readFile(child.logFile, 'utf8')
      return log.includes('"msg":"ready"') && log.includes('are counted in Redis')
    })
    replicas.push({ ...child, token, operations })
  }

  const replica = (index: number) => replicas[index] ?? assert.fail('it was not started')
  const logOf = (index: number) => readFile(replica(index).logFile, 'utf8')
  const metrics = async (index: number) => (await ask(replica(index).operations, '/metrics')).body
  const isUp = async (index: number) =>
    /^rauth_guessing_redis_up ([01])$/m.exec(await metrics(index))?.[1]

  before(async () => {
    redisProgram = (await installParts(['redis'])).redis
    directory = await mkdtemp(path.join(os.tmpdir(), 'rauth-guessing-'))
    state = await prepareState({ directory, namespaces: ['team-a'] })
    redisPort = await freePort()
    await startRedis()
    await startReplica('one')
    await startReplica('two')
  })
  after(async () => {
    for (const child of [...replicas, redis]) await child.stop()
    await rm(directory, { recursive: true, force: true })
  })

  const right = () => state.logins.get('team-a') ?? assert.fail('no login')

  /** How often a replica has found Redis away. */
  const losses = async () =>
    [await logOf(0), await logOf(1)].join('').split('does not answer').length - 1

  /**
   * Measures, from another address each time, while both count in Redis. On a machine that is late Redis may not answer
   * within the moment that a replica waits for it, and each counts for itself, as a test below has it: then again.
   */
  async function together<T>(measure: (from: string) => Promise<T>): Promise<T> {
    for (let attempt = 0; attempt < 20; attempt += 1) {
      await until('both count in Redis', 20_000, async () => {
        return (await isUp(0)) === '1' && (await isUp(1)) === '1'
      })
      const before = await losses()
      const measured = await measure(`127.0.${String((addresses += 1))}.1`)
      if ((await losses()) === before) return measured
    }
    return assert.fail('Redis is late each time')
  }
  let addresses = 1

  it('ends after as many failures at both together as at one', async () => {
    const [one, two] = [replica(0).token, replica(1).token]
    const { first, second, answers } = await together(async (from) => ({
      first: await guess(one, 'team-a', 5, { from }),
      second: await guess(two, 'team-a', 5, { from }),
      answers: [
        await login(one, 'team-a', right().password, { from }),
        await login(two, 'team-a', right().password, { from }),
      ],
    }))
    assert.deepEqual([first, second], [unauthorized(5), unauthorized(5)])
    for (const answer of answers) {
      assert.equal(answer.status, 429)
      const seconds = Number(answer.headers['retry-after'])
      assert.ok(seconds > 0 && seconds <= 300, answer.headers['retry-after'])
    }
    const elsewhere = await login(two, 'team-a', right().password, { from: '127.0.0.3' })
    assert.equal(elsewhere.status, 200)
  })

  it('ends so for guesses at once, too', async () => {
    const answers = await together((from) =>
      Promise.all(
        Array.from({ length: 60 }, (_, i) =>
          login(replica(i % 2).token, 'parallel', `wrong ${String(i)}`, { from }),
        ),
      ),
    )
    const statuses = answers.map(({ status }) => status)
    assert.equal(statuses.filter((status) => status === 401).length, FAILURES)
    assert.equal(statuses.filter((status) => status === 429).length, 60 - FAILURES)
  })

  it('is not counted for whoever is right, however many come at once', async () => {
    const { many, guesses, last } = await together(async (from) => ({
      many: await Promise.all(
        Array.from({ length: 60 }, (_, i) =>
          login(replica(i % 2).token, 'team-a', right().password, { from }),
        ),
      ),
      guesses: await guess(replica(0).token, 'team-a', FAILURES, { from }),
      last: await login(replica(1).token, 'team-a', right().password, { from }),
    }))
    assert.ok(many.every(({ status }) => status === 200))
    assert.deepEqual(guesses, unauthorized(FAILURES))
    assert.equal(last.status, 200)
  })

  it('leaves nothing in Redis but short-lived counts by keyed hash', async () => {
    const client = await createClient({
      url: `redis://:${CANARY}@127.0.0.1:${String(redisPort)}`,
    }).connect()
    const keys = await client.keys('*')
    assert.ok(keys.length > 1)
    for (const key of keys) {
      assert.match(key, /^rauth:failures:(?:name|network):[\w-]{22}$/)
      assert.match((await client.get(key)) ?? '', /^\d+$/)
      const left = await client.ttl(key)
      assert.ok(left > 0 && left <= 300)
    }
    client.destroy()
  })

  it('goes on in the memory of each while Redis is silent, and nobody waits long', async () => {
    process.kill(redis.pid, 'SIGSTOP')
    try {
      const statuses: number[] = []
      const times: number[] = []
      for (let i = 0; i < 20; i += 1) {
        const begin = performance.now()
        statuses.push((await login(replica(0).token, 'silent', `wrong ${String(i)}`)).status)
        times.push(performance.now() - begin)
      }
      assert.deepEqual(statuses, [...unauthorized(FAILURES), ...Array<number>(10).fill(429)])
      // The first one waits for its answer; if others did, no time would be less than that.
      const usual = times.sort((a, b) => a - b)[10] ?? NaN
      assert.ok(usual < WAIT, `${usual.toFixed(0)} ms: all wait for Redis`)
      assert.equal(await isUp(0), '0')
    } finally {
      process.kill(redis.pid, 'SIGCONT')
    }
    await until('Redis is back', 20_000, async () => (await isUp(0)) === '1')
  })

  it('goes on so when Redis was killed, and together again when it is back', async () => {
    const [one, two] = [replica(0).token, replica(1).token]
    // Counted in Redis for sure, and so not in the memory of either.
    const from = await together(async (from) => {
      await guess(one, 'killed', 3, { from })
      return from
    })
    await redis.kill()
    await until(
      'it is seen',
      20_000,
      async () => (await isUp(0)) === '0' && (await isUp(1)) === '0',
    )
    for (const port of [one, two]) {
      const statuses = await guess(port, 'killed', FAILURES + 1, { from })
      assert.deepEqual(statuses, [...unauthorized(FAILURES), 429])
      const answer = await login(port, 'team-a', right().password, { from: '127.0.0.5' })
      assert.equal(answer.status, 200)
    }
    await startRedis()
    await until(
      'it is back',
      20_000,
      async () => (await isUp(0)) === '1' && (await isUp(1)) === '1',
    )
    const statuses = await together(async (from) => [
      ...(await guess(one, 'restarted', 5, { from })),
      ...(await guess(two, 'restarted', 6, { from })),
    ])
    assert.deepEqual(statuses, [...unauthorized(10), 429])
  })

  it('logs each change once, and prints the password of Redis nowhere', async () => {
    const log = await logOf(0)
    const changes = [...log.matchAll(/are counted in Redis|does not answer/g)].map(([text]) => text)
    assert.ok(changes.length >= 5, 'it went twice and came back')
    assert.ok(
      changes.every((change, i) => change !== changes[i - 1]),
      changes.join(),
    )
    assert.doesNotMatch(log, /"reason":"internal"/)
    const checked = await run(process.execPath, [PROGRAM, 'check-config', '-f', config])
    assert.equal(checked.code, 0, checked.output)
    const printed = [log, await logOf(1), await metrics(0), await metrics(1), checked.output]
    assert.ok(printed.every((text) => !text.includes(CANARY)))
  })
})
