import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createChannel } from '../../../../src/serve/workers/channel.ts'
import { until } from '../../../support/until.ts'
import { createPipes } from '../../../support/workers/pipes.ts'

type Calls = {
  double: [number, number]
  fail: [undefined, undefined]
  never: [undefined, undefined]
  later: [undefined, number]
  note: [string, undefined]
}
type Others = { other: [undefined, undefined] }

function open() {
  const [here, there] = createPipes()
  const noted: string[] = []
  const replies: unknown[] = []
  let answer: (number: number) => void = () => undefined
  here.onMessage((message) => replies.push(message))
  const channel = createChannel<Calls, Others>(here, { other: () => undefined })
  createChannel<Others, Calls>(there, {
    double: (number) => 2 * number,
    fail: () => Promise.reject(new Error('there is none')),
    never: () => new Promise(() => undefined),
    later: () => new Promise((resolve) => (answer = resolve)),
    note(text) {
      noted.push(text)
      return undefined
    },
  })
  return {
    channel,
    noted,
    replies,
    here,
    answer: (number: number) => {
      answer(number)
    },
  }
}

describe('a channel', () => {
  it('gives each question its own answer', async () => {
    const { channel } = open()
    const answers = await Promise.all([1, 2, 3].map((one) => channel.ask('double', one)))
    assert.deepEqual(answers, [2, 4, 6])
  })

  it('tells what kept the other end from answering', async () => {
    const { channel } = open()
    await assert.rejects(channel.ask('fail', undefined), { message: 'there is none' })
    await assert.rejects(channel.ask('toString' as 'fail', undefined), {
      message: '"toString" is no question',
    })
  })

  it('waits no longer than it was told, nor for a process that is no more', async () => {
    const { channel } = open()
    await assert.rejects(channel.ask('never', undefined, { patience: 20 }), {
      message: 'no answer to "never" within 0.02 s',
    })
    const waiting = channel.ask('never', undefined)
    channel.close()
    await assert.rejects(waiting, { message: 'the other process is no more' })
  })

  it('tells of an answer that comes too late, where that is wanted', async () => {
    const { channel, answer } = open()
    const late: number[] = []
    const asked = channel.ask('later', undefined, { patience: 20, late: (one) => late.push(one) })
    await assert.rejects(asked, { message: 'no answer to "later" within 0.02 s' })
    answer(7)
    await until('it is told', 20_000, () => late.length > 0)
    assert.deepEqual(late, [7])
  })

  it('answers nothing to what is only told, whatever comes', async () => {
    const { channel, noted, replies, here } = open()
    channel.tell('note', 'one')
    channel.tell('fail', undefined)
    for (const strange of [{}, { reply: 7 }, { name: 3 }, []]) here.send(strange)
    assert.equal(await channel.ask('double', 4), 8)
    assert.deepEqual(noted, ['one'])
    assert.equal(replies.length, 1)
  })
})
