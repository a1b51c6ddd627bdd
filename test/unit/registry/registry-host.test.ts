import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isRegistryHost, registryOf } from '../../../src/registry/registry-host.ts'

describe('a registry as images name it', () => {
  const IMAGES: readonly (readonly [image: string, registry: string | undefined])[] = [
    ['registry.example/team-a/app', 'registry.example'],
    ['registry.example:5000/app', 'registry.example:5000'],
    ['Registry.Example/app', 'Registry.Example'],
    ['localhost/app', 'localhost'],
    ['registry:5000/app', 'registry:5000'],
    ['[fd00::1]:5000/app', '[fd00::1]:5000'],
    ['10.0.0.1/app', '10.0.0.1'],
    ['docker.io/library/app', 'docker.io'],
    ['library/app', undefined],
    ['app', undefined],
    ['', undefined],
    ['/registry.example/app', undefined],
    ['registry..example/app', undefined],
    ['-registry.example/app', undefined],
    ['registry-.example/app', undefined],
    ['registry_a.example/app', undefined],
    ['registry.example:/app', undefined],
    ['registry.example:123456/app', undefined],
    ['user@registry.example/app', undefined],
    ['registry.example?/app', undefined],
    ['regist\u0433y.example/app', undefined],
  ]
  for (const [image, registry] of IMAGES) {
    it(`is ${registry ?? 'nothing'} in "${image}"`, () => {
      assert.equal(registryOf(image), registry)
    })
  }

  it('has 255 characters at most', () => {
    const host = `${'a'.repeat(251)}.com`
    assert.deepEqual([isRegistryHost(host), isRegistryHost(`a${host}`)], [true, false])
  })
})
