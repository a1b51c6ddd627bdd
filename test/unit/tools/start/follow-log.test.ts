import assert from 'node:assert/strict'
import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { it } from 'node:test'
import { followLog } from '../../../../tools/start/follow-log.ts'
import { until } from '../../../support/until.ts'

it('follows a log from a byte on, by whole lines', async () => {
  const directory = await mkdtemp(path.join(os.tmpdir(), 'rauth-log-'))
  const file = path.join(directory, 'log')
  const stop = new AbortController()
  const lines: string[] = []
  try {
    await writeFile(file, 'of before\nthere already\nhalf')
    const following = followLog({
      ...{ file, from: 'of before\n'.length, format: 'json', colors: false, signal: stop.signal },
      write: (text) => lines.push(text),
    })
    await until('what was there', 20_000, () => lines.length === 1)
    await appendFile(file, ' and half\n')
    await until('what came', 20_000, () => lines.length === 2)
    stop.abort()
    await following
    assert.deepEqual(lines, ['there already\n', 'half and half\n'])
  } finally {
    stop.abort()
    await rm(directory, { recursive: true, force: true })
  }
})
