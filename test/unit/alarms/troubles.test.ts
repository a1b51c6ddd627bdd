import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MADE, UNMADE } from '../../alarms/troubles.ts'
import { alertsOfChart } from '../../support/prometheus/chart-rules.ts'

describe('troubles of the drill of alerts', () => {
  it('make each alert of the chart fire but those of which it is said why not', async () => {
    const alerts = [...(await alertsOfChart()).keys()]
    assert.deepEqual([...MADE, ...Object.keys(UNMADE)].sort(), alerts.sort())
  })
})
