import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { DecisionEvent } from '../../../../src/event.ts'
import { createRemoteFailures } from '../../../../src/serve/workers/remote-failures.ts'
import { createWatchedDecisions } from '../../../../src/serve/workers/watched-decisions.ts'
import { until } from '../../../support/until.ts'

const NUMBERS = { failures: 3, perNetwork: 30, window: 60, redis: undefined }

describe('failures that are counted elsewhere', () => {
  function open(isThere: boolean) {
    const [there, here] = [[] as unknown[], [] as string[]]
    const counter = createRemoteFailures(
      {
        ask(name, question) {
          there.push([name, question])
          return isThere ? Promise.resolve(7 as never) : Promise.reject(new Error('away'))
        },
        tell: (name, question) => there.push([name, question]),
      },
      NUMBERS,
      {
        take: () => Promise.resolve(here.push('take')),
        giveBack: () => Promise.resolve(void here.push('giveBack')),
      },
    )
    return { counter, there, here }
  }
  const source = { network: '10.0.0.0/24', name: 'x' }
  const guessing = { failures: 3, perNetwork: 30, window: 60 }

  it('are counted there by the numbers of now', async () => {
    const { counter, there, here } = open(true)
    assert.equal(await counter.take(source), 7)
    await counter.giveBack(source)
    assert.deepEqual(there, [
      ['take', { guessing, source }],
      ['giveBack', { guessing, source }],
    ])
    assert.deepEqual(here, [])
  })

  /** The question is answered when it is told, and by then nobody waits for it. */
  function openLate(own: number) {
    const told: string[] = []
    let answer: (wait: number) => void = () => undefined
    const counter = createRemoteFailures(
      {
        ask(_name, _question, options) {
          answer = (wait) => options?.late?.(wait)
          return Promise.reject(new Error('no answer'))
        },
        tell: (name) => told.push(name),
      },
      NUMBERS,
      { take: () => Promise.resolve(own), giveBack: () => Promise.resolve() },
    )
    return {
      counter,
      told,
      answer: (wait: number) => {
        answer(wait)
      },
    }
  }
  const cases = [
    { what: 'it was counted, and was no failure', own: 0, isFailure: false, late: 0, back: 1 },
    { what: 'it was counted, and was one', own: 0, isFailure: true, late: 0, back: 0 },
    { what: 'it was not counted', own: 0, isFailure: false, late: 30, back: 0 },
    { what: 'it was counted, and not let in here', own: 30, isFailure: true, late: 0, back: 1 },
    { what: 'it was counted nowhere', own: 30, isFailure: true, late: 30, back: 0 },
  ]
  for (const { what, own, isFailure, late, back } of cases) {
    for (const when of ['before', 'after'] as const) {
      it(`are given back there once that is known: ${what}; the answer comes ${when} the check ends`, async () => {
        const { counter, told, answer } = openLate(own)
        assert.equal(await counter.take(source), own)
        if (when === 'before') answer(late)
        if (!isFailure) await counter.giveBack(source)
        if (when === 'after') answer(late)
        assert.deepEqual(
          told,
          Array.from({ length: back }, () => 'giveBack'),
        )
      })
    }
  }

  it('are counted here where nobody answers, and given back where they were taken', async () => {
    const { counter, there, here } = open(false)
    assert.equal(await counter.take(source), 1)
    await counter.giveBack(source)
    assert.deepEqual(here, ['take', 'giveBack'])
    assert.equal(there.length, 1)
  })
})

it('decisions are told some at a time, and none are kept for whoever does not listen', async () => {
  const told: (readonly { readonly id: string }[])[] = []
  let answer: () => void = () => undefined
  const record = createWatchedDecisions({
    ask(_name, events) {
      told.push(structuredClone(events) as unknown as (typeof told)[number])
      return new Promise((resolve) => {
        answer = () => {
          resolve(undefined)
        }
      })
    },
  })
  const event = (id: number): DecisionEvent => ({
    ...{ id: String(id), half: 'token', outcome: 'allowed', status: 200, duration: 1 },
    why: () => ({}),
  })
  for (const id of [1, 2]) record(event(id))
  await until('the first are told', 20_000, () => told.length === 1)
  assert.deepEqual(
    told[0]?.map(({ id }) => id),
    ['1', '2'],
  )
  for (let id = 0; id < 6_000; id += 1) record(event(id))
  answer()
  await until('the next are told', 20_000, () => told.length === 2)
  assert.equal(told[1]?.length, 5_000)
})
