import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { missingLibraries } from '../../../../tools/parts/from-debian.ts'

describe('missingLibraries', () => {
  it('takes the libraries of what apt-get would install, once each', () => {
    const plan = [
      'Reading package lists...',
      'Inst iptables (1.8.9-2 Debian:12.15/oldstable [amd64])',
      'Inst libgpgme11 (1.18.0-3+deb12u1 Debian-Security:12/oldstable-security [amd64])',
      'Inst skopeo (1.9.3+ds1-1+b10 Debian:12.15/oldstable [amd64])',
      'Conf libgpgme11 (1.18.0-3+deb12u1 Debian-Security:12/oldstable-security [amd64])',
    ]
    assert.deepEqual(missingLibraries(plan.join('\n')), ['libgpgme11'])
  })

  it('finds none where nothing is missing', () => {
    assert.deepEqual(missingLibraries('Inst docker-registry (2.8.2 Debian:12 [amd64])\n'), [])
  })
})
