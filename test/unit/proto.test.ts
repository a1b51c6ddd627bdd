import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, it } from 'node:test'
import { parseChecksums, sha256 } from '../../tools/protos/checksums.ts'

/** From dist/test/unit. */
const PROTO = path.resolve(import.meta.dirname, '../../../proto')

describe('proto', () => {
  const sums = parseChecksums(readFileSync(path.join(PROTO, 'SHA256SUMS'), 'utf8'))

  it('has a sum for each file and no other', () => {
    const files = readdirSync(PROTO, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.proto'))
      .sort()
    assert.ok(files.includes('envoy/service/auth/v3/external_auth.proto'))
    assert.deepEqual([...sums.keys()].sort(), files)
  })

  for (const [name, sum] of sums) {
    it(`${name} has not changed`, () => {
      assert.equal(sha256(readFileSync(path.join(PROTO, name))), sum)
    })
  }

  it('is what the npm package has that it was taken from', () => {
    const checked = spawnSync(
      process.execPath,
      [path.join(PROTO, '../dist/tools/protos/main.js')],
      {
        encoding: 'utf8',
      },
    )
    assert.equal(checked.status, 0, checked.stderr)
  })

  it('comes with its license', () => {
    assert.match(readFileSync(path.join(PROTO, 'LICENSE'), 'utf8'), /Apache License\s+Version 2\.0/)
  })
})
