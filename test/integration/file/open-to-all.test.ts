import assert from 'node:assert/strict'
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { openToAll } from '../../../src/adapters/file/open-to-all.ts'

describe('openToAll', () => {
  let folder: string
  const own = process.getuid?.() ?? 0

  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'rauth-open-'))
    await chmod(folder, 0o711)
  })
  after(() => rm(folder, { recursive: true, force: true }))

  async function write(name: string, mode: number): Promise<string> {
    const file = path.join(folder, name)
    await mkdir(path.dirname(file), { recursive: true })
    await writeFile(file, '')
    await chmod(file, mode)
    return file
  }

  const MODES: readonly (readonly [number, string | undefined])[] = [
    [0o644, '0644'],
    [0o604, '0604'],
    [0o666, '0666'],
    [0o640, undefined],
    [0o600, undefined],
    [0o622, undefined],
  ]
  for (const [mode, told] of MODES) {
    it(`tells of mode ${mode.toString(8)}: ${String(told)}`, async () => {
      assert.equal(await openToAll(await write(`key-${mode}`, mode), own), told)
    })
  }

  it('says nothing of the file of another account, which chmod would not close', async () => {
    assert.equal(await openToAll(await write('other', 0o644), own + 1), undefined)
  })

  it('says nothing of a file in a folder that nobody else may enter', async () => {
    const file = await write('closed/inner/key', 0o644)
    assert.equal(await openToAll(file, own), '0644')
    await chmod(path.join(folder, 'closed'), 0o700)
    assert.equal(await openToAll(file, own), undefined)
  })

  it('says nothing of what the kubelet mounts, and tells of other links', async () => {
    await write('mounted/..2026_11_30/signing.key', 0o644)
    const mounted = (name: string) => path.join(folder, 'mounted', name)
    await symlink('..2026_11_30', mounted('..data'))
    await symlink('..data/signing.key', mounted('signing.key'))
    assert.equal(await openToAll(mounted('signing.key'), own), undefined)
    const link = path.join(folder, 'link')
    await symlink(await write('behind', 0o644), link)
    assert.equal(await openToAll(link, own), '0644')
  })

  it('says nothing of what is no file, or not there', async () => {
    assert.equal(await openToAll(folder, own), undefined)
    assert.equal(await openToAll(path.join(folder, 'nowhere'), own), undefined)
  })
})
