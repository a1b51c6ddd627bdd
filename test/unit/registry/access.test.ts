import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { covers, mergeAccess, type ResourceActions } from '../../../src/registry/access.ts'

const repository = (name: string, ...actions: string[]): ResourceActions => ({
  type: 'repository',
  name,
  actions,
})

const MERGES: readonly (readonly [
  what: string,
  parts: readonly ResourceActions[],
  merged: readonly ResourceActions[],
])[] = [
  ['nothing', [], []],
  ['unsorted actions', [repository('a', 'push', 'pull')], [repository('a', 'pull', 'push')]],
  ['an action twice', [repository('a', 'pull', 'pull')], [repository('a', 'pull')]],
  [
    'a resource twice',
    [repository('a', 'push'), repository('b', 'pull'), repository('a', 'pull')],
    [repository('a', 'pull', 'push'), repository('b', 'pull')],
  ],
  ['* among others', [repository('a', 'pull', '*')], [repository('a', '*')]],
  ['* in one of two', [repository('a', '*'), repository('a', 'pull')], [repository('a', '*')]],
  ['no action', [repository('a'), repository('b', 'pull')], [repository('b', 'pull')]],
  [
    'types before names',
    [repository('a', 'pull'), { type: 'registry', name: 'z', actions: ['*'] }],
    [{ type: 'registry', name: 'z', actions: ['*'] }, repository('a', 'pull')],
  ],
  [
    'a colon that could stand on either side',
    [
      { type: 'a', name: 'b:c', actions: ['pull'] },
      { type: 'a:b', name: 'c', actions: ['push'] },
    ],
    [
      { type: 'a', name: 'b:c', actions: ['pull'] },
      { type: 'a:b', name: 'c', actions: ['push'] },
    ],
  ],
]

describe('mergeAccess', () => {
  for (const [what, parts, merged] of MERGES) {
    it(`brings ${what} into canonical form`, () => {
      assert.deepEqual(mergeAccess(parts), merged)
    })
  }
})

const COVERS: readonly (readonly [
  granted: readonly ResourceActions[],
  required: readonly ResourceActions[],
  covered: boolean,
])[] = [
  [[], [], true],
  [[repository('a', 'pull')], [], true],
  [[], [repository('a', 'pull')], false],
  [[repository('a', 'pull')], [repository('a', 'pull')], true],
  [[repository('a', 'pull')], [repository('a', 'pull', 'push')], false],
  [[repository('a', 'push')], [repository('a', 'pull', 'push')], false],
  [[repository('a', 'pull', 'push')], [repository('a', 'delete')], false],
  [[repository('a', '*')], [repository('a', 'delete', 'pull', 'push')], true],
  [[repository('a', '*')], [repository('a', '*')], true],
  [[repository('a', 'delete', 'pull', 'push')], [repository('a', '*')], false],
  [[repository('a', 'pull')], [repository('a', 'pull'), repository('b', 'pull')], false],
  [[repository('a', 'pull')], [repository('a/b', 'pull')], false],
  [[repository('a/b', 'pull')], [repository('a', 'pull')], false],
  [[repository('*', '*')], [repository('a', 'pull')], false],
  [[repository('A', 'pull')], [repository('a', 'pull')], false],
  [[{ type: 'registry', name: 'a', actions: ['*'] }], [repository('a', 'pull')], false],
  [[{ type: '*', name: 'a', actions: ['*'] }], [repository('a', 'pull')], false],
  [[repository('a', 'pull'), repository('a', 'push')], [repository('a', 'pull', 'push')], true],
]

const text = fc.constantFrom('a', 'b', 'c')
const anyAccess = fc.array(
  fc.record({
    type: text,
    name: text,
    actions: fc.array(fc.constantFrom('pull', 'push', 'delete', '*'), { maxLength: 3 }),
  }),
  { maxLength: 6 },
)

describe('covers', () => {
  for (const [granted, required, covered] of COVERS) {
    it(`${JSON.stringify(granted)} ${covered ? 'covers' : 'does not cover'} ${JSON.stringify(required)}`, () => {
      assert.equal(covers(granted, required), covered)
    })
  }

  it('is untouched by merging', () => {
    fc.assert(
      fc.property(anyAccess, anyAccess, (granted, required) => {
        assert.equal(covers(mergeAccess(granted), mergeAccess(required)), covers(granted, required))
      }),
    )
  })

  it('holds of each part and only grows with more', () => {
    fc.assert(
      fc.property(anyAccess, anyAccess, anyAccess, (a, b, required) => {
        const both = mergeAccess([...a, ...b])
        assert.ok(covers(both, a) && covers(both, b))
        if (covers(a, required)) assert.ok(covers(both, required))
      }),
    )
  })
})
