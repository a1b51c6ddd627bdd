import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createSharedTables } from '../../../../src/adapters/live-view/shared-tables.ts'
import { tablesOf } from '../../../../src/adapters/live-view/tables.ts'
import { createPolicy } from '../../../../src/policy/policy.ts'

const nothing = () => undefined

describe('the tables', () => {
  it('look at 500 namespaces in one go, and at all of them', async () => {
    let [looked, most, rests] = [0, 0, 0]
    function* namespaces() {
      for (let at = 0; at < 2_250; at += 1) {
        looked += 1
        most = Math.max(most, looked)
        yield { namespace: `team-${at}`, credentials: [] }
      }
    }
    const rest = () => {
      rests += 1
      looked = 0
      return Promise.resolve()
    }
    const usage = { ofNamespace: nothing, ofRule: nothing, ofNoRule: nothing }
    const sources = { keys: () => [], policy: () => createPolicy([]), clock: () => 0, usage }
    const tables = await tablesOf({ ...sources, namespaces, rest }, 'team-22')
    const { total, found } = (tables as { namespaces: { total: number; found: number } }).namespaces
    assert.deepEqual([total, found, rests], [2_250, 61, 4])
    assert.ok(most <= 501, `${most} in one go`)
  })
})

describe('tables for many', () => {
  function start() {
    const made: string[] = []
    const turns: (() => void)[] = []
    let time = 0
    const tables = createSharedTables(
      async (text) => {
        made.push(text)
        await new Promise<void>((resolve) => turns.push(resolve))
        if (text === 'bad') throw new Error('bad')
        return { text, time }
      },
      () => time,
    )
    const turn = () => {
      turns.shift()?.()
    }
    return { made, tables, turn, later: (by: number) => void (time += by) }
  }
  const settle = () => new Promise((resolve) => setImmediate(resolve))

  it('are made once for all who ask within two seconds of it', async () => {
    const { made, tables, turn, later } = start()
    const asked = [tables('a'), tables('a')]
    await settle()
    later(5_000)
    asked.push(tables('a'))
    turn()
    const expected = '{"text":"a","time":5000}'
    assert.deepEqual(await Promise.all(asked), [expected, expected, expected])
    later(1_999)
    assert.equal(await tables('a'), expected)
    assert.deepEqual(made, ['a'])
    later(1)
    const again = tables('a')
    await settle()
    turn()
    assert.equal(await again, '{"text":"a","time":7000}')
  })

  it('are made one after the other, and again after a failure', async () => {
    const { made, tables, turn } = start()
    const [bad, other] = [tables('bad'), tables('other')]
    await settle()
    assert.deepEqual(made, ['bad'])
    turn()
    await assert.rejects(bad, /bad/)
    await settle()
    turn()
    await other
    const again = tables('bad')
    await settle()
    turn()
    await assert.rejects(again, /bad/)
    assert.deepEqual(made, ['bad', 'other', 'bad'])
  })
})
