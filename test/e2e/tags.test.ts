import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { craneClient, type CraneClient } from '../support/clients.ts'
import { startStack, type Stack, type StackOptions } from '../support/stack.ts'

const STACKS: readonly (readonly [name: string, options: StackOptions])[] = [
  ['registry 3', { registry: '3', registryAuth: true, envoy: true }],
  ['registry 2.8 without auth', { registry: '2.8', registryAuth: false, envoy: true }],
]

const POLICY = `gateway: true
rules:
  - match: { namespace: team-b, name: 'team-b/**', tags: ['release-*'] }
    actions: [pull]
    reason: releases of team-b are pushed by CI
  - match: { namespace: '*', type: repository, name: '\${namespace}/**' }
    actions: ['*']
    tags: { immutable: ['v*'] }
`

for (const [name, options] of STACKS) {
  describe(`rules about tags, with crane through Envoy: ${name}`, () => {
    let stack: Stack
    let folder: string
    let a: CraneClient
    let b: CraneClient

    before(async () => {
      folder = await mkdtemp(path.join(os.tmpdir(), 'rauth-tags-'))
      const file = path.join(folder, 'policy.yaml')
      await writeFile(file, POLICY)
      stack = await startStack({ ...options, environment: { RAUTH_POLICY_FILE: file } })
      a = await craneClient(stack.registry, stack.login('team-a'))
      b = await craneClient(stack.registry, stack.login('team-b'))
    })
    after(async () => {
      await a.remove()
      await b.remove()
      await stack.stop()
      await rm(folder, { recursive: true })
    })

    const push = (client: CraneClient, image: string, content: string) =>
      client.push(content, `${stack.registry}/${image}`)

    it('a tag that is written once is pushed, and neither again nor deleted', async () => {
      const first = await push(a, 'team-a/app:v1', 'one')
      assert.equal(first.code, 0, first.output)
      const again = await push(a, 'team-a/app:v1', 'two')
      assert.notEqual(again.code, 0)
      assert.match(again.output, /DENIED: the tag is written once only/)
      const deleted = await a.crane('delete', `${stack.registry}/team-a/app:v1`)
      assert.notEqual(deleted.code, 0, deleted.output)
      assert.match(deleted.output, /written once only/)
      const copied = await a.crane('tag', `${stack.registry}/team-a/app:v1`, 'v2')
      assert.equal(copied.code, 0, copied.output)
    })

    it('any other is pushed as often as one likes', async () => {
      for (const content of ['one', 'two']) {
        const pushed = await push(a, 'team-a/app:dev', content)
        assert.equal(pushed.code, 0, pushed.output)
      }
    })

    it('a rule about tags denies these alone, in its own words', async () => {
      const release = await push(b, 'team-b/app:release-1', 'one')
      assert.notEqual(release.code, 0)
      assert.match(release.output, /DENIED: .*releases of team-b are pushed by CI/)
      const other = await push(b, 'team-b/app:dev', 'one')
      assert.equal(other.code, 0, other.output)
    })
  })
}
