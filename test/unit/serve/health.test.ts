import assert from 'node:assert/strict'
import { it } from 'node:test'
import { healthOf } from '../../../src/serve/health.ts'

it('has every part by a name of its own, and each listener as it is', () => {
  const isOpen = { token: true }
  const found = healthOf({
    common: {
      identity: { health: [{ name: 'command' }, { name: 'command' }] },
      keys: { ready: () => true, problem: () => undefined },
      policySource: { problem: () => 'a mistake' },
      tls: { health: () => [{ name: 'tls.token' }] },
    },
    more: [undefined, { name: 'policy.kubernetes' }],
    listeners: new Map([['token', { isOpen: () => isOpen.token }]]),
    running: () => false,
  })
  assert.deepEqual(
    found.map(({ name }) => name),
    [
      ...['command', 'command 2', 'keys', 'policy', 'policy.kubernetes'],
      ...['listeners.token', 'tls.token', 'running'],
    ],
  )
  const part = (name: string) => found.find((one) => one.name === name)
  assert.equal(part('listeners.token')?.ready?.(), true)
  isOpen.token = false
  assert.equal(part('listeners.token')?.ready?.(), false)
  assert.equal(part('policy')?.trouble?.(), 'a mistake')
  assert.equal(part('running')?.trouble?.(), 'it was told to stop')
})
