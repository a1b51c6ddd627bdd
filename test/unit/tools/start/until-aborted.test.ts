import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { untilAborted } from '../../../../tools/start/until-aborted.ts'

describe('untilAborted', () => {
  const late = async () => {
    await sleep(50)
    return 'late' as const
  }

  it('waits for a signal that comes', async () => {
    const controller = new AbortController()
    const waiting = untilAborted(controller.signal)
    assert.equal(await Promise.race([waiting, late()]), 'late')
    controller.abort()
    assert.equal(await Promise.race([waiting, late()]), undefined)
  })

  it('does not wait for one that came before', async () => {
    assert.equal(await Promise.race([untilAborted(AbortSignal.abort()), late()]), undefined)
  })
})
