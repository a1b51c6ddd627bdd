import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { makeCliFolder, type CliFolder } from '../support/cli-folder.ts'
import { askDoctor, changedConfig } from '../support/doctor.ts'
import { untilLaneOpen } from '../support/lane-open.ts'
import { startStack, type Stack } from '../support/stack.ts'

describe('rauth doctor of a fast lane', () => {
  let folder: CliFolder
  let stack: Stack
  before(async () => {
    folder = await makeCliFolder()
    stack = await startStack({ registry: '3', registryAuth: true, envoy: true, fastLane: true })
    await untilLaneOpen(stack)
  })
  after(async () => {
    await stack.stop()
    await folder.remove()
  })

  it('finds that it works, by a read of which rauth is not asked', async () => {
    const { code, findings, failures } = await askDoctor(folder, stack, stack.config)
    assert.deepEqual([code, failures], [0, []])
    assert.match(findings.at(-1)?.what ?? '', /^it is on: .* rauth was not asked$/)
  })

  const WRONG: readonly (readonly [
    name: string,
    change: (folder: CliFolder) => object,
    state: string,
    what: RegExp,
  ])[] = [
    [
      'finds that Envoy has it and rauth does not',
      () => ({ gateway: {} }),
      'failed',
      /Envoy has it, and gateway\.fastLane\.enabled is false/,
    ],
    [
      'finds that Envoy has it for somebody else',
      () => ({ service: 'other.io' }),
      'failed',
      /Envoy has it for issuer rauth, .*, and here .* service other\.io/,
    ],
    [
      'finds that Envoy has other keys',
      (folder) => ({ keys: { directory: folder.file('keys') } }),
      'failed',
      /^rauth was asked about a read that a token opens the lane for: look at jwt_authn/,
    ],
    [
      'leaves it out where the keys are not',
      (folder) => ({ keys: { directory: folder.file('none') } }),
      'skipped',
      /^it is on, and \S+none is not here: ask where the keys are$/,
    ],
  ]
  for (const [name, change, state, what] of WRONG) {
    it(name, async () => {
      const config = await changedConfig(folder, stack, change(folder))
      const { failures } = await askDoctor(folder, stack, config)
      const found = failures.find(({ check }) => check === 'fast lane')
      assert.equal(found?.state, state)
      assert.match(found.what, what)
    })
  }
})
