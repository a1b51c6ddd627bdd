import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readSmallFile } from '../../../../src/adapters/file/small-file.ts'

describe('readSmallFile', () => {
  // What the kernel makes as it is read has no size; so has a file that is only just being written.
  it('reads no more than it may of a file that says it has no bytes', async () => {
    await assert.rejects(readSmallFile('/proc/self/smaps', 1024), /^Error: larger than 1024 bytes$/)
    const content = await readSmallFile('/proc/self/status', 64 * 1024)
    assert.match(content.toString(), /^Name:\t/)
  })

  it('reads no device', async () => {
    await assert.rejects(readSmallFile('/dev/zero'), /^Error: not a regular file$/)
  })
})
