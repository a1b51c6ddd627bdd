import assert from 'node:assert/strict'
import { it } from 'node:test'
import { healthOfCrew } from '../../../../src/serve/workers/health.ts'

const state = (name: string, ready = true, trouble?: string) => ({ name, ready, trouble })
const member = (number: number, ...health: readonly ReturnType<typeof state>[]) => ({
  ...{ number, ports: {}, health },
})

it('is ready where all are, and names who is in trouble', () => {
  const parts = healthOfCrew({
    own: [{ name: 'keys' }, { name: 'config', trouble: () => 'a mistake' }],
    workers: 4,
    members: [
      member(1, state('keys'), state('tracing', true, 'no collector'), state('running', false)),
      member(3, state('keys', false, 'unreadable'), state('tracing', true, 'no collector')),
      { number: 2, health: [state('keys', false)] },
    ],
    ...{ started: () => true, running: () => true },
  })
  const told = parts.map(({ name, ready, trouble }) => [name, ready?.() ?? true, trouble?.()])
  assert.deepEqual(told, [
    ['keys', false, 'worker 3: unreadable'],
    ['config', true, 'a mistake'],
    ['tracing', true, 'no collector'],
    ['workers', true, 'of 4, these do not serve: 2, 4'],
    ['running', true, undefined],
  ])
})

it('is not ready where nobody serves', () => {
  const parts = healthOfCrew({
    ...{ own: [], workers: 1, members: [] },
    ...{ started: () => true, running: () => false },
  })
  assert.deepEqual(
    parts.map(({ name, ready }) => [name, ready?.()]),
    [
      ['workers', false],
      ['running', false],
    ],
  )
})

it('is not ready while some are being started, and says how far that is', () => {
  const parts = healthOfCrew({
    ...{ own: [], workers: 3, members: [member(1), { number: 2, health: [] }] },
    ...{ started: () => false, running: () => true },
  })
  assert.deepEqual(
    parts.map(({ name, ready, trouble }) => [name, ready?.(), trouble?.()]),
    [
      ['workers', false, '1 of 3 serve, the others are being started'],
      ['running', true, undefined],
    ],
  )
})
