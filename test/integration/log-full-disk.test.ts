import assert from 'node:assert/strict'
import { readFile, stat, truncate } from 'node:fs/promises'
import path from 'node:path'
import { it } from 'node:test'
import { ask, basic } from '../support/http.ts'
import { SERVICE, startServing } from '../support/serving.ts'
import { until } from '../support/until.ts'

const LOGIN = { username: 'team-a', password: 'correct-horse-battery' }
const TOKEN = `/token?service=${SERVICE}&scope=repository:team-a/app:pull`

/** KiB: some sixty lines. */
const LIMIT = 32

it('a log on a disk that is full costs no answer, and goes on once there is room', async () => {
  const serving = await startServing({
    logins: [LOGIN],
    config: { logLevel: 'info' },
    fileLimit: LIMIT,
  })
  try {
    const file = path.join(path.dirname(serving.config), 'log')
    const headers = { authorization: basic(LOGIN.username, LOGIN.password) }
    const isFull = async () => (await stat(file)).size === LIMIT * 1024
    const answers = async (count: number) => {
      for (let i = 0; i < count; i += 1) {
        assert.equal((await ask(serving.token, TOKEN, { headers })).status, 200)
      }
    }
    await until('the disk is full', 20_000, async () => {
      await answers(10)
      return isFull()
    })
    await answers(50)
    const wrong = { headers: { authorization: basic(LOGIN.username, 'wrong') } }
    assert.equal((await ask(serving.token, TOKEN, wrong)).status, 401)
    assert.equal((await ask(serving.operations, '/readyz')).status, 200)

    const before = await readFile(file, 'utf8')
    await truncate(file)
    await answers(1)
    // The part of a line that was there is gone on with, and all others are whole.
    const lines = (before + (await readFile(file, 'utf8'))).trimEnd().split('\n')
    for (const line of lines) assert.ok(typeof JSON.parse(line) === 'object', line)
  } finally {
    await serving.stop()
  }
})
