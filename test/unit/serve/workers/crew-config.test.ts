import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createCrewConfig } from '../../../../src/serve/workers/crew-config.ts'

type Members = ReturnType<Parameters<typeof createCrewConfig>[1]>

/** Workers that do as they are told, and what they were told. */
function open(...wills: readonly ('can' | 'cannot' | 'dies' | 'begins')[]) {
  const told: string[] = []
  const there = new Set(wills.map((_, index) => index + 1))
  const latecomers: number[] = []
  const member = (number: number): Members[number] => {
    const will = wills[number - 1] ?? 'can'
    return {
      ...{ id: number, number, joined: will !== 'begins' },
      end: () => told.push(`${number} ended`),
      channel: {
        ask(_name: string, text: unknown) {
          told.push(`${number} prepare ${String(text)}`)
          if (will === 'dies') there.delete(number)
          if (latecomers.length > 0) there.add(latecomers.pop() ?? 0)
          return will === 'can'
            ? Promise.resolve(undefined as never)
            : Promise.reject(new Error(`worker ${number} ${will}`))
        },
        tell: (name: string) => told.push(`${number} ${name}`),
      },
    }
  }
  const config = createCrewConfig('first', () => [...there].map(member))
  return { config, told, latecomers }
}

describe('one configuration for several processes', () => {
  it('is in force with all of them', async () => {
    const { config, told } = open('can', 'can')
    assert.deepEqual(config.texts(), { first: 'first', latest: 'first' })
    await config.apply('next')
    assert.deepEqual(told, ['1 prepare next', '2 prepare next', '1 commit', '2 commit'])
    assert.deepEqual(config.texts(), { first: 'first', latest: 'next' })
  })

  it('is in force with none where one of them can not', async () => {
    const { config, told } = open('can', 'cannot')
    await assert.rejects(config.apply('next'), { message: 'worker 2 cannot' })
    assert.deepEqual(told.slice(2), ['1 abandon', '2 abandon'])
    assert.deepEqual(config.texts(), { first: 'first', latest: 'first' })
  })

  it('waits for nobody who ended or has yet to begin', async () => {
    const { config, told } = open('can', 'dies', 'begins')
    await config.apply('next')
    assert.deepEqual(told, ['1 prepare next', '2 prepare next', '1 commit'])
  })

  it('ends who came in between, and knows only the one of before', async () => {
    const { config, told, latecomers } = open('can')
    latecomers.push(2)
    await config.apply('next')
    assert.deepEqual(told, ['1 prepare next', '1 commit', '2 ended'])
  })
})
