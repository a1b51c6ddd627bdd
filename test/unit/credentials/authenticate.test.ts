import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createAuthenticator } from '../../../src/credentials/authenticate.ts'
import type { Answer, IdentitySource } from '../../../src/credentials/source.ts'
import { Redacted } from '../../../src/redacted.ts'
import type { Subject } from '../../../src/subject.ts'

const subject = (account: string): Subject => ({
  ...{ account, namespaces: [] },
  credentials: [{ id: account, generation: 'g' }],
})

const ANSWERS = {
  yes: (name: string) => ({ kind: 'yes', subject: subject(name) }),
  no: (name: string) => ({ kind: 'no', detail: `no of ${name}` }),
  'not-mine': (name: string) => ({ kind: 'not-mine', detail: `${name} knows nobody` }),
  error: (name: string) => ({ kind: 'error', detail: `${name} is down` }),
  busy: () => ({ kind: 'busy', guessed: false }),
} satisfies Record<Answer['kind'], (name: string) => Answer>

type Word =
  | keyof typeof ANSWERS
  | 'throws'
  | 'hidden yes'
  | 'hidden busy'
  | 'hidden not-mine'
  | 'guessed not-mine'

/** Sources named by their place, and which of them were asked, in order. */
function chain(words: readonly Word[]) {
  const asked: string[] = []
  const spent: string[] = []
  const sources = words.map((word, i): IdentitySource => {
    const name = `${i}`
    return {
      name,
      ...(word.startsWith('hidden') ? { hides: true } : {}),
      ask() {
        asked.push(name)
        if (word === 'throws') throw new Error('it broke')
        const answer: Answer = ANSWERS[word.replace(/.* /, '') as Answer['kind']](name)
        if (answer.kind !== 'no' && answer.kind !== 'not-mine') return Promise.resolve(answer)
        const spend = () => Promise.resolve(Boolean(spent.push(name)))
        return Promise.resolve({ ...answer, guessed: word.startsWith('guessed'), spend })
      },
    }
  })
  const authenticate = createAuthenticator(sources)
  const login = () => authenticate({ username: 'u', password: new Redacted('p') })
  return { asked, spent, login }
}

describe('createAuthenticator', () => {
  const CASES: readonly (readonly [chain: readonly Word[], answer: string, asked: string])[] = [
    [['yes'], 'account 0', '0'],
    [['not-mine', 'yes', 'yes'], 'account 1', '0 1'],
    [['no', 'yes'], 'credentials_invalid 0: no of 0', '0'],
    [['not-mine', 'no', 'yes'], 'credentials_invalid 0: 0 knows nobody; 1: no of 1', '0 1'],
    [['no'], 'credentials_invalid no of 0', '0'],
    [['not-mine', 'not-mine'], 'credentials_invalid 0: 0 knows nobody; 1: 1 knows nobody', '0 1'],
    [['error', 'yes'], 'identity_unavailable 0: 0 is down', '0'],
    [['not-mine', 'error', 'yes'], 'identity_unavailable 1: 1 is down', '0 1'],
    [['throws', 'yes'], 'identity_unavailable 0: it broke', '0'],
    [['yes', 'error'], 'account 0', '0'],
    [['busy', 'yes'], 'passwords_busy', '0'],
    // What hides is asked behind a no as well, and its yes is none.
    [['no', 'yes', 'hidden yes'], 'credentials_invalid 0: no of 0', '0 2'],
    [['no', 'hidden not-mine'], 'credentials_invalid 0: no of 0', '0 1'],
    [['no', 'hidden busy'], 'passwords_busy guessed', '0 1'],
    // What one has found wrong is a guess, whatever hinders those behind it.
    [['guessed not-mine', 'error'], 'identity_unavailable 1: 1 is down guessed', '0 1'],
    [
      ['guessed not-mine', 'not-mine', 'throws'],
      'identity_unavailable 2: it broke guessed',
      '0 1 2',
    ],
    [['guessed not-mine', 'busy'], 'passwords_busy guessed', '0 1'],
    [['guessed not-mine', 'yes'], 'account 1', '0 1'],
  ]
  for (const [words, answer, inOrder] of CASES) {
    it(`says ${answer} for ${words.join(', ')}`, async () => {
      const { asked, login } = chain(words)
      const result = await login()
      const { reason, detail, guessed } = result.ok
        ? { reason: 'account', detail: result.value.account, guessed: false }
        : { guessed: false, ...result.refusal }
      assert.equal([reason, detail, guessed && 'guessed'].filter(Boolean).join(' '), answer)
      assert.equal(asked.join(' '), inOrder)
    })
  }

  it('makes a refusal cost what all have to spend, and nothing else', async () => {
    const refusedBy = chain(['not-mine', 'no', 'yes', 'hidden not-mine'])
    await refusedBy.login()
    assert.deepEqual(refusedBy.spent, ['0', '1', '3'])
    for (const last of ['yes', 'error', 'busy'] as const) {
      const { spent, login } = chain(['not-mine', last])
      await login()
      assert.deepEqual(spent, [], last)
    }
  })

  it('is busy when there is no turn to spend what others cost', async () => {
    const busy = (kind: 'no' | 'not-mine', guessed: boolean) =>
      createAuthenticator([
        {
          name: 'one',
          ask: () =>
            Promise.resolve({ kind, detail: '', guessed, spend: () => Promise.resolve(false) }),
        },
      ])({ username: 'u', password: new Redacted('p') })
    for (const [kind, guessed, counts] of [
      ['no', false, true],
      ['not-mine', false, false],
      ['not-mine', true, true],
    ] as const) {
      const result = await busy(kind, guessed)
      assert.deepEqual(result.ok || result.refusal, { reason: 'passwords_busy', guessed: counts })
    }
  })
})
