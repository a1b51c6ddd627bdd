import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ListedNamespace } from '../../../src/credentials/listed-namespace.ts'
import {
  countSecrets,
  endedNote,
  nextEnd,
  standingOf,
  type Standing,
} from '../../../src/credentials/standing.ts'

const [BEFORE, NOW, AFTER, LATER] = [1_793_000_000, 1_794_000_000, 1_795_000_000, 1_796_000_000]
const id = 'team-a/registry-credentials'

type Times = readonly [notBefore: number | undefined, notAfter: number | undefined]

const login = (username: string, [notBefore, notAfter]: Times = [undefined, undefined]) => ({
  ...{ id, username },
  ...(notBefore === undefined ? {} : { notBefore }),
  ...(notAfter === undefined ? {} : { notAfter }),
})
const listed = (...credentials: ListedNamespace['credentials']): ListedNamespace => ({
  ...{ namespace: 'team-a', credentials },
})

const ENDED: Times = [undefined, BEFORE]
const ENDS: Times = [undefined, AFTER]
const WAITS: Times = [AFTER, undefined]

describe('how a credential stands', () => {
  const CASES: readonly (readonly [times: Times, standing: Standing])[] = [
    [[undefined, undefined], 'usable'],
    [[NOW, NOW + 1], 'usable'],
    [[undefined, NOW], 'ended'],
    [[NOW + 1, undefined], 'waits'],
    [[AFTER, BEFORE], 'ended'],
  ]
  for (const [times, standing] of CASES) {
    it(`${times.join(' to ')}: ${standing}`, () => {
      assert.equal(standingOf(login('team-a', times), NOW), standing)
    })
  }
})

/** Each Secret: its state, when a login of it ends next, what is told of those that ended. */
const SECRETS: readonly (readonly [
  what: string,
  secret: ListedNamespace,
  state: string,
  next: number | undefined,
  note: RegExp | undefined,
])[] = [
  ['one without an end', listed(login('a')), 'usable', undefined, undefined],
  ['one that ends', listed(login('a', ENDS)), 'usable', AFTER, undefined],
  ['one that begins', listed(login('a', WAITS)), 'waits', undefined, undefined],
  [
    'one that ended',
    listed(login('a', ENDED)),
    ...(['ended', undefined] as const),
    /^Secret team-a\/registry-credentials ended at 2026-10-26T07:33:20Z: nobody logs in by it any more; next: if /,
  ],
  [
    'a previous password that ended',
    listed(login('a'), login('a', ENDED)),
    ...(['usable', undefined, undefined] as const),
  ],
  [
    'a previous password that ends, of a login that ends later',
    listed(login('a', [undefined, LATER]), login('a', ENDS)),
    ...(['usable', LATER, undefined] as const),
  ],
  [
    'one of several logins that ended',
    listed(login('a'), login('b', ENDED), login('c', ENDS)),
    ...(['usable', AFTER] as const),
    /^Secret team-a\/registry-credentials: 1 of its 3 user names ended at 2026-10-26T07:33:20Z; next: if /,
  ],
  [
    'logins that ended one after the other',
    listed(login('a', ENDED), login('b', [undefined, BEFORE + 60])),
    ...(['ended', undefined] as const),
    /^Secret team-a\/registry-credentials ended at 2026-10-26T07:34:20Z: /,
  ],
  [
    'one that ended, and one that begins',
    listed(login('a', ENDED), login('b', WAITS)),
    ...(['waits', undefined] as const),
    /: 1 of its 2 user names ended at /,
  ],
  [
    'one that cannot be used',
    { namespace: 'team-a', credentials: [], problem: 'password is missing' },
    ...(['unusable', undefined, undefined] as const),
  ],
]

describe('the Secret of a namespace', () => {
  for (const [what, secret, state, next, note] of SECRETS) {
    it(what, () => {
      const none = { usable: 0, unusable: 0, ended: 0, waits: 0 }
      assert.deepEqual(countSecrets([secret], NOW), { ...none, [state]: 1 })
      assert.equal(nextEnd([secret], NOW), next)
      const told = endedNote(secret.credentials, NOW)
      if (note === undefined) assert.equal(told, undefined)
      else assert.match(told ?? '', note)
    })
  }

  it('is counted once, and the next end is that of all', () => {
    const all = SECRETS.map(([, secret]) => secret)
    assert.deepEqual(countSecrets(all, NOW), { usable: 5, unusable: 1, ended: 2, waits: 2 })
    assert.equal(nextEnd(all, NOW), AFTER)
    assert.equal(nextEnd(all, AFTER), LATER)
    assert.equal(nextEnd(all, LATER), undefined)
  })
})
