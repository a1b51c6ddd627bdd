import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { withBriefMemory, type BriefMemoryOptions } from '../../../src/credentials/brief-memory.ts'
import { createPasswordHasher } from '../../../src/credentials/password.ts'
import type { Answer } from '../../../src/credentials/source.ts'
import { vouchedSubject } from '../../../src/credentials/vouchers.ts'
import { Redacted } from '../../../src/redacted.ts'

const hasher = createPasswordHasher(Buffer.alloc(32, 1))
const YES: Answer = {
  kind: 'yes',
  subject: vouchedSubject('a', { id: 'http', generation: 'g' }, {}),
}

function start(seconds: number, answer: Answer = YES, more: Partial<BriefMemoryOptions> = {}) {
  const state = { now: 1000, asked: 0 }
  const source = withBriefMemory(
    {
      name: 'http',
      async ask() {
        state.asked += 1
        await Promise.resolve()
        return answer
      },
    },
    { seconds, hasher, clock: () => state.now, ...more },
  )
  const ask = (username = 'a', password = 'p') =>
    source.ask({ username, password: new Redacted(password) })
  return { state, ask }
}

describe('withBriefMemory', () => {
  it('asks once in a while about a yes', async () => {
    const { state, ask } = start(10)
    for (const [now, asked] of [
      [1000, 1],
      [1009.9, 1],
      [1010, 2],
      [1005, 3], // a clock that was put back
    ] as const) {
      state.now = now
      assert.equal(await ask(), YES)
      assert.equal(state.asked, asked, `${now}`)
    }
  })

  it('tells user names and passwords apart', async () => {
    const { state, ask } = start(10)
    for (const [username, password] of [['a', 'p'], ['a', 'q'], ['b', 'p'], ['', 'ap']]) await ask(username, password) // prettier-ignore
    assert.equal(state.asked, 4)
  })

  it('says of each question whether it was answered without asking, also by one under way', async () => {
    const told: boolean[] = []
    const { ask } = start(10, YES, { onLookup: (known) => told.push(known) })
    await Promise.all([ask(), ask()])
    await ask()
    await ask('b')
    assert.deepEqual(told, [false, true, true, false])
  })

  it('remembers nothing but a yes, and nothing at all for 0 seconds', async () => {
    const answers: readonly Answer[] = [
      { kind: 'no', detail: '' },
      { kind: 'not-mine', detail: '' },
      { kind: 'error', detail: '' },
    ]
    for (const [seconds, answer] of [
      ...answers.map((one) => [10, one] as const),
      [0, YES] as const,
    ]) {
      const { state, ask } = start(seconds, answer)
      await ask()
      await ask()
      assert.equal(state.asked, 2, answer.kind)
    }
  })

  it('asks once for all who ask the same at once', async () => {
    const { state, ask } = start(0)
    await Promise.all([ask(), ask(), ask(), ask('b')])
    assert.equal(state.asked, 2)
  })

  it('remembers no yes for longer than what it rests on lasts', async () => {
    const subject = vouchedSubject('a', { id: 'http', generation: 'g' }, {})
    const { state, ask } = start(10, { kind: 'yes', subject: { ...subject, until: 1005 } })
    for (const [now, asked] of [
      [1000, 1],
      [1004.9, 1],
      [1005, 2],
    ] as const) {
      state.now = now
      await ask()
      assert.equal(state.asked, asked, `${now}`)
    }
  })

  it('remembers a no where that is wanted, however many there are, and no error', async () => {
    const no: Answer = { kind: 'no', detail: '' }
    const { state, ask } = start(10, no, { noSeconds: 2 })
    for (const [now, asked] of [
      [1000, 1],
      [1001.9, 1],
      [1002, 2],
    ] as const) {
      state.now = now
      assert.equal(await ask(), no)
      assert.equal(state.asked, asked, `${now}`)
    }
    const failing = start(10, { kind: 'error', detail: '' }, { noSeconds: 2 })
    await failing.ask()
    await failing.ask()
    assert.equal(failing.state.asked, 2)
  })

  it('lets no guesses push out a yes', async () => {
    const answers: { next: Answer } = { next: YES }
    let asked = 0
    const ask = withBriefMemory(
      { name: 'x', ask: () => Promise.resolve(((asked += 1), answers.next)) },
      { ...{ seconds: 10, noSeconds: 10, hasher, clock: () => 1000 } },
    ).ask
    const login = (password: string) => ({ username: 'a', password: new Redacted(password) })
    await ask(login('right'))
    answers.next = { kind: 'no', detail: '' }
    for (let i = 0; i < 5000; i += 1) await ask(login(`guess ${i}`))
    assert.equal(asked, 5001)
    assert.equal((await ask(login('right'))).kind, 'yes')
    assert.equal(asked, 5001)
  })

  it('asks by the password alone where the user name means nothing', async () => {
    const { state, ask } = start(10, YES, { byPassword: true })
    await ask('a', 'p')
    await ask('b', 'p')
    assert.equal(state.asked, 1)
    await ask('b', 'q')
    assert.equal(state.asked, 2)
  })
})
