import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  createObjectCache,
  type ObjectIdentity,
} from '../../../../../src/adapters/kubernetes/follow/object-cache.ts'

/** The order of lists and events is what secret-cache.test.ts is about. */
describe('createObjectCache', () => {
  function cache(most: number) {
    const told: string[] = []
    const made = createObjectCache<ObjectIdentity>({
      most,
      read: (_, identity) => identity,
      isThere: () => true,
      keyOf: ({ name }) => name,
      onChange: ({ state, gone, by }) => told.push(`${gone ? '-' : '+'}${state.name} ${by}`),
    })
    const target = made.target(undefined)
    const object = (name: string, version: number, uid = name) =>
      target.read({ metadata: { name, uid, resourceVersion: String(version) } })
    const names = () => [...made.states.keys()]
    return { made, target, object, told, names }
  }

  it('has no more objects than it may, and says how many are left out', () => {
    const { made, target, object, names, told } = cache(2)
    target.replace(
      ['a', 'b', 'c'].map((name) => object(name, 1)),
      '1',
      true,
    )
    target.apply(object('d', 2), false)
    assert.deepEqual([names(), made.leftOut()], [['a', 'b'], 2])
    target.apply(object('b', 3), false)
    target.apply(object('a', 4), true)
    target.apply(object('d', 5), false)
    assert.deepEqual([names(), made.leftOut()], [['b', 'd'], 1])
    target.apply(object('c', 6), true)
    assert.equal(made.leftOut(), 0)
    assert.deepEqual(told, ['+a list', '+b list', '+b event', '-a event', '+d event'])
  })

  it('takes what was left out from the next list that has room for it', () => {
    const { made, target, object, names } = cache(1)
    target.replace([object('a', 1), object('b', 1), object('c', 1)], '1', true)
    target.replace([object('b', 1)], '2', true)
    assert.deepEqual([names(), made.leftOut()], [['b'], 0])
  })

  it('tells one state of an object once, and another object with its name', () => {
    const { target, object, told } = cache(9)
    target.replace([object('a', 1)], '1', true)
    target.apply(object('a', 1), false)
    target.replace([object('a', 1)], '2', false)
    assert.deepEqual(told, ['+a list'])
    target.replace([object('a', 3, 'again')], '3', false)
    assert.deepEqual(told, ['+a list', '+a list'])
  })
})
