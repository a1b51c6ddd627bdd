import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { lockState } from '../../../../tools/start/run-lock.ts'

describe('lockState', () => {
  let directory: string
  const file = () => path.join(directory, 'start.pid')

  beforeEach(async () => {
    directory = await mkdtemp(path.join(os.tmpdir(), 'rauth-lock-'))
  })
  afterEach(() => rm(directory, { recursive: true, force: true }))

  it('is had by one at a time, and again after its release', async () => {
    const lock = await lockState(directory)
    if (typeof lock === 'number') assert.fail()
    assert.equal(await lockState(directory), process.pid)
    await lock.release()
    const again = await lockState(directory)
    if (typeof again === 'number') assert.fail()
    await again.release()
  })

  it('is taken from one that is dead, or whose pid another program has', async () => {
    for (const holder of ['999999999 1', `${process.pid} 1`, '', 'garbage']) {
      await writeFile(file(), holder)
      const lock = await lockState(directory)
      if (typeof lock === 'number') assert.fail(holder)
      assert.match(await readFile(file(), 'utf8'), new RegExp(`^${process.pid} `))
      await lock.release()
    }
  })

  it('goes to one only of many who find a stale one', async () => {
    for (let i = 0; i < 20; i += 1) {
      await writeFile(file(), '999999999 1')
      const all = await Promise.all(Array.from({ length: 8 }, () => lockState(directory)))
      assert.equal(all.filter((lock) => typeof lock !== 'number').length, 1)
    }
    assert.deepEqual(await readdir(directory), ['start.pid'])
  })

  it('is not released by one who has lost it', async () => {
    const lock = await lockState(directory)
    if (typeof lock === 'number') assert.fail()
    await writeFile(file(), 'of somebody else')
    await lock.release()
    assert.equal(await readFile(file(), 'utf8'), 'of somebody else')
  })
})
