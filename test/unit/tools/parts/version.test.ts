import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  acceptedInWords,
  accepts,
  formatVersion,
  parseVersion,
  type Tolerance,
} from '../../../../tools/parts/version.ts'

/** What the real programs print. */
const PRINTED: readonly (readonly [printed: string, version: string | undefined])[] = [
  ['\nenvoy  version: 9e5580933739/1.40.0/Clean/RELEASE/BoringSSL\n\n', '1.40.0'],
  ['registry github.com/distribution/distribution/v3 v3.1.2+unknown\n', '3.1.2'],
  ['docker-registry github.com/docker/distribution 2.8.2+ds1\n', '2.8.2'],
  ['/cache/registry2-2.8.2/registry github.com/distribution/distribution/v3 v3.1.2\n', '3.1.2'],
  ['v0.22.1\n', '0.22.1'],
  ['skopeo version 1.9.3\n', '1.9.3'],
  ['buildah version 1.28.2 (image-spec 1.1.0-rc2, runtime-spec 1.0.2-dev)\n', '1.28.2'],
  ['Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64\n', '7.0.15'],
  ['registry github.com/distribution/distribution/v3 v3.0.0-rc.1\n', '3.0.0 (a prerelease)'],
  ['etcd Version: 3.4.23\nGo Version: go1.19.8\n', '3.4.23'],
  ['nginx version: nginx/1.22.1\n', '1.22.1'],
  ['HAProxy version 2.6.12-1+deb12u4 2026/10/17 - https://haproxy.org/\n', '2.6.12'],
  ['Chromium 156.0.8078.108 built on Debian GNU/Linux 12 (bookworm)\n', '156.0.8078'],
  ['jq-1.6\n', '1.6.0'],
  ['jq-1.7.1\n', '1.7.1'],
  ['(devel)\n', undefined],
  ['', undefined],
]

describe('parseVersion', () => {
  for (const [printed, version] of PRINTED) {
    it(`reads ${version ?? 'nothing'} from ${JSON.stringify(printed)}`, () => {
      const parsed = parseVersion(printed)
      assert.equal(parsed && formatVersion(parsed), version)
    })
  }
})

const ACCEPTED: readonly (readonly [string, string, Tolerance, boolean])[] = [
  ['1.40.0', '1.40.0', 'major', true],
  ['1.40.0', '1.40.3', 'major', true],
  ['1.40.0', '1.41.0', 'major', true],
  ['1.40.0', '1.39.9', 'major', false],
  ['1.40.0', '2.40.0', 'major', false],
  ['1.9.3', '1.9.2', 'major', false],
  ['1.9.3', '1.13.0', 'major', true],
  ['2.8.2', '2.8.3', 'minor', true],
  ['2.8.2', '2.9.0', 'minor', false],
  ['2.8.2', '2.7.9', 'minor', false],
  ['2.8.2', '3.1.2', 'minor', false],
  ['3.1.2', '3.1.2-rc.1', 'major', false],
  ['156.0.8078', '157.0.1', 'newer', true],
  ['156.0.8078', '156.1.0', 'newer', true],
  ['156.0.8078', '155.9.9999', 'newer', false],
]

describe('accepts', () => {
  for (const [pinned, found, tolerance, expected] of ACCEPTED) {
    it(`${found} for ${acceptedInWords(pinned, tolerance)}: ${expected ? 'yes' : 'no'}`, () => {
      const [a, b] = [parseVersion(pinned), parseVersion(found)]
      assert.ok(a !== undefined && b !== undefined)
      assert.equal(accepts(a, b, tolerance), expected)
    })
  }
})
