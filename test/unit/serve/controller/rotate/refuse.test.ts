import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { applyStep } from '../../../../../src/control/apply.ts'
import { DRY_WRITER } from '../../../../../src/control/dry-writer.ts'
import { reconcile } from '../../../../../src/control/reconcile.ts'
import { refuseWhatCannotBe } from '../../../../../src/serve/controller/rotate/refuse.ts'
import { request } from '../../../../../src/serve/controller/rotate/until-rotated.ts'
import { contextOf, EMPTY, NOW } from '../../../../support/control/world.ts'

const OVERLAP = 600
const context = contextOf({ overlap: OVERLAP })

async function settled(from = EMPTY, now = NOW) {
  const options = { writer: DRY_WRITER, context: () => context(now), onStep: () => undefined }
  return (await reconcile(from, options)).observed
}

function asked(found: typeof EMPTY, now = false) {
  return applyStep(found, request(found.credentials ?? assert.fail(), now), 'asked')
}

const judge = (found: typeof EMPTY, at: () => number = () => NOW) =>
  refuseWhatCannotBe(found, { namespace: 'team-a' }, () => context(at()))

describe('refuseWhatCannotBe', () => {
  it('lets be what can be', async () => {
    const found = await settled()
    await judge(asked(found))
    await judge(asked(found, true))
  })

  it('refuses a second rotation while an overlap runs, but not the one that ends it', async () => {
    const found = await settled(asked(await settled()))
    await assert.rejects(judge(asked(found)), {
      code: 'ERR_REFUSED',
      message: /still works until 2026-11-24T12:10:\d\dZ, and there is room for one; next: wait/,
    })
    await judge(asked(found, true))
    await judge(asked(found), () => NOW + OVERLAP + 60)
  })

  it('comes to its end whatever the clock does', async () => {
    const restless = contextOf({ overlap: OVERLAP, rotateAfter: 600 })
    let now = NOW
    const next = () => restless((now += 10 * OVERLAP))
    const judging = refuseWhatCannotBe(await settled(), { namespace: 'team-a' }, next)
    await assert.rejects(judging, /does not come to rest after 24 writes/)
  })
})
