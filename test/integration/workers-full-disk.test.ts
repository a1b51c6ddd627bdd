import assert from 'node:assert/strict'
import { readFile, rename, stat } from 'node:fs/promises'
import path from 'node:path'
import { it } from 'node:test'
import { ask, basic } from '../support/http.ts'
import { SERVICE, startServing } from '../support/serving.ts'
import { until } from '../support/until.ts'

/** Longer than a busy machine needs for anything here, milliseconds. */
const PATIENCE = 20_000

const LOGIN = { username: 'team-a', password: 'correct-horse-battery' }
const TOKEN = `/token?service=${SERVICE}&scope=repository:team-a/app:pull`

/** KiB. The log, too, must have no more, and tells of each answer that is not recorded. */
const LIMIT = 32

interface Line {
  readonly id: string
  readonly outcome: string
  readonly worker: number
}

it('several workers on a disk that is full allow nothing more, and their audit has whole lines', async () => {
  const serving = await startServing({
    logins: [LOGIN],
    config: { workers: 2, audit: { to: './audit.log', required: true } },
    fileLimit: LIMIT,
  })
  try {
    const file = path.join(path.dirname(serving.config), 'audit.log')
    const headers = { authorization: basic(LOGIN.username, LOGIN.password) }
    const answers: number[] = []
    /** Each on a connection of its own: they are given to the workers in turn. */
    const all = async (status: number) => {
      const before = answers.length
      for (let i = 0; i < 8; i += 1) {
        answers.push((await ask(serving.token, TOKEN, { headers })).status)
      }
      return answers.slice(before).every((one) => one === status)
    }
    const isSaid = (what: RegExp) =>
      until(String(what), PATIENCE, async () =>
        what.test((await ask(serving.operations, '/readyz?verbose')).body),
      )
    const isWhole = async () => (await readFile(file, 'utf8')).endsWith('\n')
    const linesOf = async (name: string) =>
      (await readFile(name, 'utf8'))
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Line)

    assert.ok(await all(200))
    await until('none allows', PATIENCE, () => all(503))
    await isSaid(/\[-\]audit failed: .*EFBIG/)
    const { size } = await stat(file)
    assert.ok(size > 0 && size <= LIMIT * 1024)
    // It is tried again each second, and then not for a moment.
    await until('it has whole lines', PATIENCE, isWhole)

    await rename(file, `${file}.1`)
    process.kill(serving.child.pid, 'SIGHUP')
    await isSaid(/\[\+\]audit ok/)
    assert.ok(await all(200))
    const lines = async () => [...(await linesOf(`${file}.1`)), ...(await linesOf(file))]
    await until(
      'each is written',
      PATIENCE,
      // Between the two looks some of a line may be written.
      async () => (await isWhole()) && (await lines().catch(() => [])).length >= answers.length,
    )
    const found = await lines()
    const allowed = found.filter(({ outcome }) => outcome === 'allowed')
    assert.equal(allowed.length, answers.filter((status) => status === 200).length)
    assert.equal(new Set(found.map(({ id }) => id)).size, answers.length)
    assert.deepEqual([...new Set(allowed.map(({ worker }) => worker))].sort(), [1, 2])
  } finally {
    await serving.stop()
  }
})
