import assert from 'node:assert/strict'
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
    it(`${name} is upstream's, unchanged`, () => {
      assert.equal(sha256(readFileSync(path.join(PROTO, name))), sum)
    })
  }

  it('comes with its license', () => {
    assert.match(readFileSync(path.join(PROTO, 'LICENSE'), 'utf8'), /Apache License\s+Version 2\.0/)
  })
})
