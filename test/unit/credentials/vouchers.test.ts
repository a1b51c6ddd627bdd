import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createCredentialIndex } from '../../../src/credentials/credential-index.ts'
import { liveHolders } from '../../../src/credentials/live.ts'
import { createVouchers, toldOf, vouchedSubject } from '../../../src/credentials/vouchers.ts'

const SOURCE = { id: 'oidc:ci', generation: 'g1' }

describe('what was vouched for', () => {
  const subject = vouchedSubject('ci', SOURCE, {
    namespace: 'team-a',
    labels: { team: ['a', 'b'], secret: ['x'] },
  })
  const [held] = subject.credentials
  assert.ok(held)

  it('is a subject of the namespace that was said, or of none', () => {
    assert.deepEqual(subject.namespaces, ['team-a'])
    assert.deepEqual(vouchedSubject('ci', SOURCE, {}).namespaces, [])
  })

  it('is told with the labels that are asked for, also those that it has not, and no others', () => {
    assert.deepEqual(toldOf(held, ['role', 'team', '__proto__', 'constructor']), {
      ...SOURCE,
      holder: {
        namespace: 'team-a',
        labels: Object.fromEntries([
          ['role', []],
          ['team', ['a', 'b']],
          ['__proto__', []],
          ['constructor', []],
        ]),
      },
    })
  })

  it('is not told of a credential that can be looked up', () => {
    const stored = { ...SOURCE, namespace: 'team-a', labels: { team: ['a'] } }
    assert.deepEqual(toldOf(stored, ['team']), SOURCE)
  })

  const live = (now: { generation?: string; labels?: readonly string[]; id?: string }) => {
    const { id = SOURCE.id, generation = SOURCE.generation, labels = ['team'] } = now
    const deps = {
      store: createCredentialIndex([]),
      vouchers: createVouchers([{ id, generation }]),
    }
    return liveHolders(deps, [toldOf(held, ['team'])], labels, 0).length
  }

  it('counts while its source is configured as it was', () => {
    assert.equal(live({}), 1)
    assert.equal(live({ generation: 'g2' }), 0)
    assert.equal(live({ id: 'oidc:other' }), 0)
  })

  it('counts no more where the policy asks for a label that it does not tell of', () => {
    assert.equal(live({ labels: [] }), 1)
    assert.equal(live({ labels: ['secret'] }), 0)
    assert.equal(live({ labels: ['team', 'toString'] }), 0)
  })

  it('is not what a store is asked for', () => {
    const deps = { store: createCredentialIndex([]), vouchers: createVouchers([SOURCE]) }
    assert.deepEqual(liveHolders(deps, [SOURCE], [], 0), [])
  })
})
