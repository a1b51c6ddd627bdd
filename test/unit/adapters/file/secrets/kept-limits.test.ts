import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { withKeptLimits } from '../../../../../src/adapters/file/secrets/kept-limits.ts'
import type { Credential } from '../../../../../src/credentials/credential.ts'

type Limits = Partial<Pick<Credential, 'actions' | 'notBefore' | 'notAfter'>>

/** By their passwords. */
function reading(passwords: Readonly<Record<string, Limits>>) {
  const credentials = Object.entries(passwords).map(([password, limits]): Credential => ({
    ...{ id: 'team-a/registry-credentials', namespace: 'team-a', username: 'ci' },
    ...{ generation: password, secret: { kind: 'keyed', hash: Buffer.from(password) } },
    ...limits,
  }))
  return { kind: 'credentials', namespace: 'team-a', credentials, warnings: [] } as const
}

const PULL: Limits = { actions: ['pull'] }
const PUSH: Limits = { actions: ['pull', 'push'] }

describe('what limits a credential and is no longer said', () => {
  const rows: readonly (readonly [
    why: string,
    before: Readonly<Record<string, Limits>>,
    next: Readonly<Record<string, Limits>>,
    kept: Readonly<Record<string, Limits>>,
  ])[] = [
    ['stays', { one: PULL }, { one: {} }, { one: PULL }],
    ['stays for another password', { one: PULL }, { two: {} }, { two: PULL }],
    [
      'is that of the same password, whatever others may',
      { one: PUSH, two: PULL },
      { one: PUSH, two: {} },
      { one: PUSH, two: PULL },
    ],
    [
      'is for another password what all of before may',
      { one: PUSH, two: PULL },
      { three: {} },
      { three: PULL },
    ],
    ['is nothing where one had no limit', { one: {}, two: PULL }, { three: {} }, { three: {} }],
    ['is what is said, where something is', { one: PULL }, { one: PUSH }, { one: PUSH }],
    [
      'has its dates, for the same password alone',
      { one: { notAfter: 5 } },
      { one: {}, two: {} },
      { one: { notAfter: 5 }, two: {} },
    ],
    ['is nothing for who was not there', {}, { one: {} }, { one: {} }],
  ]
  for (const [why, before, next, kept] of rows) {
    it(why, () => {
      const [found] = withKeptLimits([reading(next)], [reading(before)])
      assert.ok(found?.kind === 'credentials')
      assert.deepEqual(found.credentials, reading(kept).credentials)
      const isOther = JSON.stringify(next) !== JSON.stringify(kept)
      assert.equal(found.warnings.length, isOther ? 1 : 0)
    })
  }
})
