import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { readBoundedText } from '../../../src/config/bounded-text.ts'
import { loadConfigText } from '../../../src/config/read.ts'

describe('readBoundedText', () => {
  let folder: string
  before(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'rauth-text-'))
  })
  after(() => {
    rmSync(folder, { recursive: true, force: true })
  })
  const put = (text: string) => {
    const file = path.join(folder, 'file')
    writeFileSync(file, text)
    return file
  }

  it('gives a text as it is, also one that ends at the bound', () => {
    const text = 'ä€𝄞'.repeat(30_000)
    assert.equal(readBoundedText(put(text), Buffer.byteLength(text)), text)
    assert.equal(readBoundedText(put(''), 0), '')
  })

  it('reads no more than it may of what never ends, or is as large as a disk', () => {
    assert.throws(() => readBoundedText('/dev/zero', 100_000), /^Error: larger than 100000 bytes$/)
    const file = put('')
    truncateSync(file, 100_001)
    assert.throws(() => readBoundedText(file, 100_000), /larger than 100000 bytes/)
  })

  it('is how a configuration is read, of which not every mistake is told', () => {
    assert.throws(
      () => loadConfigText('/dev/zero', {}),
      /cannot read the configuration: larger than/,
    )
    assert.throws(
      () => loadConfigText(put('a: b\n'.repeat(200)), {}),
      ({ message }: Error) => {
        assert.equal(message.split('\n').length, 101)
        assert.match(message, /: 99 more mistakes follow$/)
        return true
      },
    )
  })
})
