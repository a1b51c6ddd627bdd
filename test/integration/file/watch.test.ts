import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { watchDirectory, type DirectoryWatch } from '../../../src/adapters/file/watch.ts'

/** A recheck that does not come during a test. */
const NEVER = 3_600_000

describe('watchDirectory', () => {
  let root: string
  let directory: string
  let calls: number
  let watch: DirectoryWatch | undefined

  beforeEach(async () => {
    root = await mkdtemp(path.join(tmpdir(), 'rauth-watch-'))
    directory = path.join(root, 'watched')
    await mkdir(directory)
    calls = 0
  })

  afterEach(async () => {
    watch?.close()
    await rm(root, { recursive: true })
  })

  function start(recheckMs = NEVER) {
    watch = watchDirectory(directory, () => (calls += 1), { recheckMs })
  }

  /** Waits for a call that was not there before the change. */
  async function noticed(change: () => Promise<unknown>, within = 20_000) {
    await sleep(120)
    const before = calls
    const end = performance.now() + within
    await change()
    while (calls === before && performance.now() < end) await sleep(10)
    assert.ok(calls > before, 'the change was not noticed')
  }

  it('notices a file that is made, written, renamed and removed', async () => {
    start()
    const file = path.join(directory, 'a')
    await noticed(() => writeFile(file, '1'))
    await noticed(() => writeFile(file, '2'))
    await noticed(() => rename(file, path.join(directory, 'b')))
    await noticed(() => rm(path.join(directory, 'b')))
  })

  it("notices every swap of the kubelet's ..data link", async () => {
    const link = path.join(directory, '..data')
    const publish = async (version: string) => {
      await mkdir(path.join(directory, version))
      await writeFile(path.join(directory, version, 'a'), version)
      await symlink(version, `${link}_tmp`)
      await rename(`${link}_tmp`, link)
    }
    await publish('..1')
    start()
    for (const i of [2, 3, 4]) {
      await noticed(async () => {
        await publish(`..${i}`)
        await rm(path.join(directory, `..${i - 1}`), { recursive: true })
      })
    }
  })

  it('counts a burst of events as few changes, and tells of the last one', async () => {
    start()
    const begin = performance.now()
    let written = 0
    // They are told of while there are more.
    while (performance.now() - begin < 400 || (calls < 3 && performance.now() - begin < 20_000)) {
      await writeFile(path.join(directory, 'a'), String((written += 1)))
      await sleep(2)
    }
    await sleep(120)
    const most = (performance.now() - begin) / 50 + 2
    assert.ok(calls >= 3 && calls <= most, `${calls} calls for ${written} writes`)
  })

  it('is quiet when nothing happens', async () => {
    start()
    await sleep(300)
    assert.equal(calls, 0)
  })

  it('looks again after the recheck time though nothing was reported', async () => {
    start(50)
    await noticed(() => Promise.resolve())
  })

  it('goes on when the directory is removed and made again', async () => {
    start()
    for (let i = 0; i < 3; i += 1) {
      await noticed(() => rm(directory, { recursive: true }))
      await noticed(() => mkdir(directory))
      await noticed(() => writeFile(path.join(directory, 'a'), ''))
    }
  })

  it('goes on when another directory takes its place', async () => {
    start()
    await mkdir(path.join(root, 'next'))
    await noticed(async () => {
      await rename(directory, path.join(root, 'old'))
      await rename(path.join(root, 'next'), directory)
    })
    await noticed(() => writeFile(path.join(directory, 'a'), ''))
  })

  it('waits for a directory that is not there yet', async () => {
    await rm(directory, { recursive: true })
    start()
    await noticed(() => mkdir(directory))
    await noticed(() => writeFile(path.join(directory, 'a'), ''))
  })

  it('is silent once closed', async () => {
    start(50)
    await writeFile(path.join(directory, 'a'), '')
    watch?.close()
    const before = calls
    await writeFile(path.join(directory, 'b'), '')
    await sleep(200)
    assert.equal(calls, before)
  })
})
