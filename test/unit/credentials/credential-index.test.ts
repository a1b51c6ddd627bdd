import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Credential } from '../../../src/credentials/credential.ts'
import { createCredentialIndex } from '../../../src/credentials/credential-index.ts'
import { Redacted } from '../../../src/redacted.ts'

const credential = (namespace: string, username: string): Credential => ({
  id: `${namespace}/registry-credentials`,
  generation: 'g',
  namespace,
  username,
  secret: { kind: 'keyed', hash: Buffer.alloc(32) },
})

const a = credential('team-a', 'team-a')
const b = credential('team-b', 'robot')
const c = credential('team-c', 'robot')
const given = [a, b, c]
const index = createCredentialIndex(given)

describe('createCredentialIndex', () => {
  it('finds every credential of a user name', () => {
    assert.deepEqual(index.byUsername('team-a'), [a])
    assert.deepEqual(index.byUsername('robot'), [b, c])
  })

  it('finds a credential by its reference, and by no half of one', () => {
    const { id, generation } = b
    assert.equal(index.find({ id, generation }), b)
    assert.equal(index.find({ id, generation: 'h' }), undefined)
    assert.equal(index.find({ id: 'team-d/registry-credentials', generation }), undefined)
  })

  it('finds each of several with one id', () => {
    const other = { ...b, generation: 'h', username: 'other' }
    const both = createCredentialIndex([b, other])
    assert.equal(both.find(b), b)
    assert.equal(both.find(other), other)
    assert.deepEqual(both.byUsername('other'), [other])
  })

  it('knows the bcrypt cost of most Secrets, the higher one of two', () => {
    const costs = (...secrets: (number | readonly number[])[]) =>
      createCredentialIndex([
        a,
        ...secrets.flatMap((numbers, s) =>
          [numbers].flat().map((cost, i): Credential => {
            const secret = { kind: 'bcrypt', hash: new Redacted('hash'), cost } as const
            return { ...b, id: `team-${s}/s`, generation: String(i), secret }
          }),
        ),
      ]).bcryptCost()
    assert.equal(costs(), undefined)
    assert.equal(costs(5), 5)
    assert.equal(costs(5, 12, 4, 5), 5)
    assert.equal(costs(5, 12, 4, 12, 5), 12)
    assert.equal(costs(5, [12, 12, 12], 5), 5, 'one Secret is one')
  })

  for (const name of ['', 'TEAM-A', 'team-a ', '__proto__', 'constructor']) {
    it(`finds nothing by ${JSON.stringify(name)}`, () => {
      assert.deepEqual(index.byUsername(name), [])
      assert.equal(index.find({ id: name, generation: 'g' }), undefined)
    })
  }

  it('does not change with the list that it was made from', () => {
    given.push(credential('team-d', 'team-d'))
    assert.deepEqual(index.byUsername('team-d'), [])
  })
})
