import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { constants } from 'node:fs'
import { mkdir, mkdtemp, open as openFile, readFile, rename, rm, stat } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { cutOff, openToAppend } from '../../../src/adapters/ops/appended-file.ts'
import { openAuditFile, type AuditFile } from '../../../src/adapters/ops/audit-file.ts'
import { until } from '../../support/until.ts'

describe('the file of the audit', () => {
  let directory: string
  before(async () => {
    directory = await mkdtemp(path.join(os.tmpdir(), 'rauth-audit-'))
  })
  after(() => rm(directory, { recursive: true, force: true }))

  async function open(file: string, mostWaiting?: number) {
    const troubles: (string | undefined)[] = []
    let [lost, now] = [0, 0]
    const audit: AuditFile = await openAuditFile({
      ...{ file, timer: () => now, onLost: () => (lost += 1) },
      onTrouble: (problem) => void troubles.push(problem),
      ...(mostWaiting === undefined ? {} : { mostWaiting }),
    })
    return { audit, troubles, lost: () => lost, pass: (ms: number) => (now += ms) }
  }

  const linesOf = async (file: string) => (await readFile(file, 'utf8')).split('\n').slice(0, -1)

  it('has every line in its order, and is its group’s to read', async () => {
    const file = path.join(directory, 'all.log')
    const { audit, lost, troubles } = await open(file)
    const wanted = Array.from({ length: 5000 }, (_, i) => `${i}`)
    for (const line of wanted) audit.write(`${line}\n`)
    await audit.close()
    assert.deepEqual(await linesOf(file), wanted)
    assert.deepEqual([lost(), troubles], [0, []])
    assert.equal((await stat(file)).mode & 0o777, 0o640)
  })

  it('holds the process no longer than it is written to', async () => {
    const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout')
    const before = timers()
    const { audit } = await open(path.join(directory, 'held.log'))
    audit.write('a\n')
    await audit.close()
    assert.deepEqual(timers(), before)
  })

  it('is appended to', async () => {
    const file = path.join(directory, 'twice.log')
    for (const line of ['a', 'b']) {
      const { audit } = await open(file)
      audit.write(`${line}\n`)
      await audit.close()
    }
    assert.deepEqual(await linesOf(file), ['a', 'b'])
  })

  it('loses no line while it is rotated again and again', async () => {
    const file = path.join(directory, 'rotated.log')
    const { audit, lost } = await open(file)
    const wanted: string[] = []
    const files: string[] = []
    for (let turn = 0; turn < 20; turn += 1) {
      for (let i = 0; i < 100; i += 1) {
        wanted.push(`${turn} ${i}`)
        audit.write(`${turn} ${i}\n`)
      }
      const moved = `${file}.${turn}`
      await rename(file, moved)
      files.push(moved)
      audit.reopen()
      await until('a new file', 20_000, () =>
        stat(file).then(
          () => true,
          () => false,
        ),
      )
    }
    await audit.close()
    const found = (await Promise.all([...files, file].map(linesOf))).flat()
    assert.deepEqual(found, wanted)
    assert.equal(lost(), 0)
  })

  it('takes what there is room for while the disk is full, says so, and counts the rest', async () => {
    // Linux's file of a full disk.
    const { audit, troubles, lost } = await open('/dev/full', 100)
    audit.write('the first\n')
    await until('a trouble', 20_000, () => audit.problem() !== undefined)
    assert.match(audit.problem() ?? '', /^\/dev\/full cannot be written: ENOSPC/)
    for (let i = 0; i < 12; i += 1) audit.write('ten bytes\n')
    assert.equal(lost(), 2)
    await audit.close()
    assert.equal(troubles.length, 1)
    assert.equal(lost(), 13, 'what waited at the end is lost, too')
  })

  it('goes on with the file that it has where the next can’t be opened, until it can', async () => {
    const folder = path.join(directory, 'gone')
    await mkdir(folder)
    const file = path.join(folder, 'audit.log')
    const { audit, troubles } = await open(file)
    audit.write('a\n')
    await until('the line', 20_000, async () => (await linesOf(file)).length === 1)
    await rename(folder, `${folder}.1`)
    audit.reopen()
    audit.write('b\n')
    await until('a trouble', 20_000, () => troubles.length === 1)
    assert.match(troubles[0] ?? '', /ENOENT/)
    await mkdir(folder)
    await until('its end', 20_000, () => troubles.length === 2)
    await audit.close()
    assert.equal(troubles[1], undefined)
    assert.deepEqual(await linesOf(file), ['b'])
  })

  it('is cut by what was written last, and by nothing that somebody else wrote', async () => {
    const file = path.join(directory, 'cut.log')
    const own = await openToAppend(file)
    const other = await openToAppend(file)
    const unreadable = await openFile(file, 'a')
    try {
      await own.write('whole\nhalf of')
      const half = Buffer.from('half of')
      const wrong = ['', 'half', 'longer than all that there is', 'half on']
      for (const last of wrong) assert.equal(await cutOff(own, Buffer.from(last)), false, last)
      assert.equal(await cutOff(unreadable, half), false)
      assert.equal(await cutOff(own, half), true)
      assert.equal(await readFile(file, 'utf8'), 'whole\n')
      await own.write('half of')
      await other.write('a line\n')
      assert.equal(await cutOff(own, half), false)
      assert.equal(await readFile(file, 'utf8'), 'whole\nhalf ofa line\n')
    } finally {
      for (const handle of [own, other, unreadable]) await handle.close()
    }
  })

  it('is one that can be opened, or there is no start', async () => {
    const missing = path.join(directory, 'missing', 'audit.log')
    await assert.rejects(open(missing), {
      code: 'ERR_AUDIT_UNWRITABLE',
      message:
        /missing\/audit\.log cannot be opened to append to \(ENOENT.*; next: make its folder/,
    })
    await assert.rejects(open(directory), { code: 'ERR_AUDIT_UNWRITABLE' })
  })

  it('that takes no line for long is in trouble', async () => {
    const fifo = path.join(directory, 'hangs')
    execFileSync('mkfifo', [fifo])
    // There is a reader, who does not read yet: a pipe is full after 64 KiB.
    const reader = await openFile(fifo, constants.O_RDONLY | constants.O_NONBLOCK)
    const { audit, pass } = await open(fifo)
    audit.write(`${'x'.repeat(200_000)}\n`)
    assert.equal(audit.problem(), undefined)
    pass(5_000)
    assert.match(audit.problem() ?? '', /has taken no line for 5 s$/)
    let read = 0
    await until('all of it', 20_000, async () => {
      const { bytesRead } = await reader.read(Buffer.alloc(65_536)).catch(() => ({ bytesRead: 0 }))
      read += bytesRead
      return read === 200_001
    })
    await audit.close()
    assert.equal(audit.problem(), undefined)
    await reader.close()
  })
})
