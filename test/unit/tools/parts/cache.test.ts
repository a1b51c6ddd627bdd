import assert from 'node:assert/strict'
import { chmod, mkdir, mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { findCached, partsDirectory, storePart } from '../../../../tools/parts/cache.ts'

describe('partsDirectory', () => {
  const rows: readonly (readonly [NodeJS.ProcessEnv, string])[] = [
    [{ RAUTH_PARTS_DIR: '/own', XDG_CACHE_HOME: '/xdg', HOME: '/home/x' }, '/own'],
    [{ XDG_CACHE_HOME: '/xdg', HOME: '/home/x' }, '/xdg/rauth/parts'],
    [{ XDG_CACHE_HOME: 'relative', HOME: '/home/x' }, '/home/x/.cache/rauth/parts'],
    [{ RAUTH_PARTS_DIR: '', HOME: '/home/x' }, '/home/x/.cache/rauth/parts'],
  ]
  for (const [env, expected] of rows) {
    it(`${JSON.stringify(env)} → ${expected}`, () => {
      assert.equal(partsDirectory(env), expected)
    })
  }
})

describe('the cache of parts', () => {
  let directory: string
  before(async () => {
    directory = await mkdtemp(path.join(os.tmpdir(), 'rauth-cache-'))
  })
  after(() => rm(directory, { recursive: true }))

  async function program(staging: string): Promise<string> {
    await mkdir(path.join(staging, 'bin'))
    await writeFile(path.join(staging, 'bin', 'tool'), '#!/bin/sh\necho 1.0.0\n')
    await chmod(path.join(staging, 'bin', 'tool'), 0o755)
    return 'bin/tool'
  }

  it('has a part once it is stored, and nothing beside it', async () => {
    const folder = path.join(directory, 'tool-1.0.0')
    assert.deepEqual(await findCached(folder), { problem: 'nothing there' })
    const stored = await storePart(folder, program)
    assert.equal(stored, path.join(folder, 'bin/tool'))
    assert.deepEqual(await findCached(folder), { path: stored })
    assert.deepEqual(await readdir(directory), ['tool-1.0.0'])
  })

  it('does not count a folder without its record, and replaces it', async () => {
    const folder = path.join(directory, 'half-1.0.0')
    await mkdir(folder)
    await program(folder)
    const found = await findCached(folder)
    assert.match('problem' in found ? found.problem : '', /half-finished/)
    await storePart(folder, program)
    assert.ok('path' in (await findCached(folder)))
  })

  it('does not count an executable that was shortened, lost its mode, or is gone', async () => {
    const folder = path.join(directory, 'short-1.0.0')
    const file = await storePart(folder, program)
    await truncate(file, 3)
    assert.deepEqual(await findCached(folder), {
      problem: 'bin/tool has 3 bytes instead of 21',
    })
    await chmod(file, 0o644)
    assert.deepEqual(await findCached(folder), {
      problem: 'bin/tool is missing or not executable',
    })
    await rm(file)
    assert.ok('problem' in (await findCached(folder)))
  })

  it('leaves nothing of an install that failed, nor of one that crashed', async () => {
    const folder = path.join(directory, 'crash-1.0.0')
    await mkdir(path.join(directory, '.new-crash-1.0.0-abc'))
    await assert.rejects(
      storePart(folder, () => Promise.reject(new Error('no network'))),
      /no network/,
    )
    const left = await readdir(directory)
    assert.deepEqual(
      left.filter((name) => name.includes('crash')),
      [],
    )
  })
})
