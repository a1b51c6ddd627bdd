import assert from 'node:assert/strict'
import { it } from 'node:test'
import { createMetrics } from '../../../../src/adapters/ops/metrics.ts'
import { askWorkers } from '../../../../src/serve/workers/crew-word.ts'

it('counts a worker once that ends while the others are asked', async () => {
  const there = new Set([1, 2])
  const metrics = createMetrics()
  metrics.record({ ...{ id: '', half: 'token', outcome: 'allowed' }, status: 200, duration: 1 })
  const member = (id: number) => ({
    ...{ id, ports: {} },
    channel: {
      async ask(name: string) {
        if (name === 'decision') return (id === 2 ? { id: 'found' } : undefined) as never
        const snapshot = await metrics.snapshot()
        if (id === 2 && ends) {
          there.delete(1)
          word.forget(1)
        }
        return snapshot as never
      },
    },
  })
  let ends = false
  const word = askWorkers(() => [...there].map(member), createMetrics())
  const counted = async () => {
    const line = /^rauth_decisions_total\{.*\} (\d+)$/m.exec(await word.metrics.render())
    return Number(line?.[1])
  }
  assert.equal(await counted(), 2)
  ends = true
  for (const round of [1, 2, 3]) assert.equal(await counted(), 2, String(round))
  assert.deepEqual(await word.decisions.find('found'), { id: 'found' })
  there.delete(2)
  assert.equal(await word.decisions.find('found'), undefined)
})
