import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, it, type TestContext } from 'node:test'
import { loadKeySet } from '../../../../src/adapters/file/keys/key-files.ts'
import { initializeKeys } from '../../../../src/adapters/file/keys/key-maker.ts'
import { rotateKeys } from '../../../../src/adapters/file/keys/key-rotation.ts'

const NOW = new Date('2026-11-24T12:00:00Z')
const LATER = new Date('2026-11-25T12:00:00Z')

describe('rotateKeys', () => {
  let root: string
  let directory: string
  let mounted: boolean

  beforeEach(async () => {
    root = await mkdtemp(path.join(tmpdir(), 'rauth-rotation-'))
    directory = path.join(root, 'keys')
    mounted = false
    await mkdir(directory)
  })

  afterEach(async () => {
    if (mounted) spawnSync('umount', [directory])
    await rm(root, { recursive: true })
  })

  const rotate = (now = LATER) => rotateKeys({ directory, now })
  const init = () => initializeKeys({ directory, algorithm: 'ES256', now: NOW })

  /** Puts a file system of its own there; false where that is not allowed. */
  function mount(context: TestContext, options: string): boolean {
    const { status, stderr } = spawnSync('mount', [
      '-t',
      'tmpfs',
      '-o',
      options,
      'tmpfs',
      directory,
    ])
    mounted = status === 0
    if (!mounted) context.skip(`nothing can be mounted here: ${stderr.toString().trim()}`)
    return mounted
  }

  it('makes one key of two that are asked for in the same second', async () => {
    await init()
    for (let day = 1; day <= 5; day += 1) {
      const now = new Date(NOW.getTime() + day * 86_400_000)
      const made = await Promise.allSettled([rotate(now), rotate(now), rotate(now)])
      const refused = made.flatMap((one) => (one.status === 'rejected' ? [String(one.reason)] : []))
      assert.equal(refused.length, 2)
      for (const message of refused) assert.match(message, /EEXIST.+; next: somebody else made one/)
      assert.equal((await loadKeySet(directory, now)).jwks().keys.length, day + 1)
    }
  })

  it('says that ca.key is missing, and nothing of it when something else is wrong', async () => {
    await init()
    await rm(path.join(directory, 'ca.key'))
    await assert.rejects(rotate(), /ca\.key cannot be read: ENOENT.+; next: put it here/)
    await writeFile(path.join(directory, 'ca.key'), 'x')
    await assert.rejects(rotate(), /ca\.key is not a private key in PEM/)
  })

  // A page for each of the five files that are there, and for the certificate.
  for (const [what, pages] of [
    ['certificate', 5],
    ['key', 6],
  ] as const) {
    it(`leaves nothing behind when the disk is full at the ${what}`, async (context) => {
      if (!mount(context, `size=${pages * 4}k`)) return
      await init()
      const before = await readdir(directory)
      await assert.rejects(rotate(), /no key can be made in .+ENOSPC.+; next: make room/)
      assert.deepEqual(await readdir(directory), before)
    })
  }

  it('says that a folder cannot be written', async (context) => {
    if (!mount(context, 'size=1m')) return
    await init()
    assert.equal(spawnSync('mount', ['-o', 'remount,ro', directory]).status, 0)
    await assert.rejects(rotate(), /EROFS.+; next: do it where the folder can be written/)
    await assert.doesNotReject(init(), 'everything is there')
    await assert.doesNotReject(loadKeySet(directory, LATER))
  })
})
