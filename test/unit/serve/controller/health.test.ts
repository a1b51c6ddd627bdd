import assert from 'node:assert/strict'
import { it } from 'node:test'
import { controllerHealth } from '../../../../src/serve/controller/health.ts'

const common = {
  overview: { synced: () => true, problem: () => undefined },
  config: () => undefined,
  leader: () => undefined,
  running: () => true,
}

it('goes on while its audit can’t be written, and says so', () => {
  const trouble = () => 'audit.log cannot be written: ENOSPC'
  const logs = { health: { name: 'audit', ready: () => false, trouble } }
  const parts = controllerHealth({ ...common, logs })
  assert.deepEqual(
    parts.map(({ name, ready, trouble: why }) => [name, ready?.() ?? true, why?.()]),
    [
      ['cluster', true, undefined],
      ['config', true, undefined],
      ['leader', true, undefined],
      ['audit', true, 'audit.log cannot be written: ENOSPC'],
      ['running', true, undefined],
    ],
  )
})

it('has no audit where that has no file of its own', () => {
  const parts = controllerHealth({ ...common, logs: { health: undefined } })
  assert.deepEqual(
    parts.map(({ name }) => name),
    ['cluster', 'config', 'leader', 'running'],
  )
})
