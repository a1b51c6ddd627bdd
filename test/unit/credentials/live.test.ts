import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Credential } from '../../../src/credentials/credential.ts'
import { createCredentialIndex } from '../../../src/credentials/credential-index.ts'
import { liveCredentials } from '../../../src/credentials/live.ts'

const KEYED = { kind: 'keyed', hash: Buffer.alloc(32) } as const

const credential = (id: string, namespace: string, generation = 'g1') => ({
  ...{ id, generation, namespace, username: 'robot', secret: KEYED },
})

describe('liveCredentials', () => {
  const store = createCredentialIndex([credential('b/s', 'b'), credential('a/s', 'a', 'g2')])
  const live = (...references: [id: string, generation: string][]) =>
    liveCredentials(
      store,
      references.map(([id, generation]) => ({ id, generation })),
      0,
    ).map(({ id }) => id)

  it('keeps those that are what they were', () => {
    assert.deepEqual(live(['b/s', 'g1'], ['a/s', 'g2']), ['b/s', 'a/s'])
  })

  it('drops those that changed or are gone', () => {
    assert.deepEqual(live(['b/s', 'g2'], ['a/s', 'g1'], ['c/s', 'g1'], ['', ''], ['b/s', '']), [])
  })

  it('keeps them from their first instant to the one before their last', () => {
    const at = (now: number, window: Pick<Credential, 'notBefore' | 'notAfter'>) => {
      const one = { ...credential('a/s', 'a'), ...window }
      return liveCredentials(createCredentialIndex([one]), [one], now).length === 1
    }
    const both = { notBefore: 100, notAfter: 200 }
    const answers = (window: Pick<Credential, 'notBefore' | 'notAfter'>) =>
      [0, 99.9, 100, 199.9, 200, 1e9].map((now) => at(now, window))
    assert.deepEqual(answers(both), [false, false, true, true, false, false])
    assert.deepEqual(answers({ notBefore: 100 }), [false, false, true, true, true, true])
    assert.deepEqual(answers({ notAfter: 200 }), [true, true, true, true, false, false])
    assert.deepEqual(answers({}), [true, true, true, true, true, true])
  })
})
