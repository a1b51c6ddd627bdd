import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { withLock } from '../../../../tools/parts/lock.ts'

describe('withLock', () => {
  let directory: string
  before(async () => {
    directory = await mkdtemp(path.join(os.tmpdir(), 'rauth-lock-'))
  })
  after(() => rm(directory, { recursive: true }))

  const instantly = { beat: 50, stale: 60_000 }

  it('lets one work at a time and leaves no file', async () => {
    const file = path.join(directory, 'one.lock')
    let inside = 0
    const waited: string[] = []
    const work = async () => {
      inside += 1
      assert.equal(inside, 1)
      await new Promise((resolve) => setTimeout(resolve, 30))
      inside -= 1
    }
    const options = { ...instantly, onWait: (holder: string) => waited.push(holder) }
    await Promise.all([withLock(file, work, options), withLock(file, work, options)])
    assert.deepEqual(waited, [String(process.pid)])
    assert.ok(!existsSync(file))
  })

  it('gives the lock back after a failure', async () => {
    const file = path.join(directory, 'failure.lock')
    await assert.rejects(withLock(file, () => Promise.reject(new Error('broken')), instantly))
    assert.equal(await withLock(file, () => Promise.resolve('next'), instantly), 'next')
  })

  it('does not wait for a process of this machine that is dead', async () => {
    const file = path.join(directory, 'dead.lock')
    const { pid } = spawnSync(process.execPath, ['--version'])
    await writeFile(file, `${pid} ${os.hostname()} 0 0`)
    assert.equal(await withLock(file, () => Promise.resolve('done'), instantly), 'done')
  })

  it('does not wait for one that gives no sign of life', async () => {
    const file = path.join(directory, 'silent.lock')
    await writeFile(file, '1 another-machine 0 0')
    const past = new Date(Date.now() - 120_000)
    await utimes(file, past, past)
    assert.equal(await withLock(file, () => Promise.resolve('done'), instantly), 'done')
  })
})
